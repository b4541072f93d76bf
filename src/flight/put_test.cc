
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "flight/test_server.h"

namespace arrowport::flight {
namespace {

using arrow::flight::FlightCallOptions;
using arrow::flight::FlightDescriptor;
using arrow::flight::FlightStatusCode;
using arrow::flight::FlightStatusDetail;
using ::testing::HasSubstr;
using testing::MakeRows;

class PutTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const Status served = door_.Serve();
    ASSERT_TRUE(served.ok()) << served;
  }

  // What a put of one batch with this descriptor is answered.
  Status Refusal(const FlightDescriptor& descriptor) {
    return door_.Put(descriptor, {MakeRows(0, 1)}).status();
  }

  testing::TestServer door_;
};

TEST_F(PutTest, LandsAllRowsAndAnswersWhatItDid) {
  const auto answer =
      door_.Put(FlightDescriptor::Path({"trips"}), {MakeRows(0, 1000), MakeRows(1000, 500)});
  ASSERT_TRUE(answer.ok()) << answer.status();
  const auto json = nlohmann::json::parse(*answer);
  EXPECT_EQ(json["status"], "success");
  EXPECT_EQ(json["stream"], "trips");
  EXPECT_EQ(json["table"], "trips");
  EXPECT_EQ(json["rows_processed"], 1500);
  EXPECT_EQ(json["batches"], 2);
  EXPECT_GT(json["bytes"], 1500 * 8);
  EXPECT_GE(json["seconds"], 0);
  EXPECT_EQ(door_.Number("SELECT count(DISTINCT id) FROM trips"), 1500);
}

TEST_F(PutTest, TakesTheStreamFromAPlainOrAJsonCommand) {
  ASSERT_TRUE(door_.Put(FlightDescriptor::Command("plain"), {MakeRows(0, 1)}).ok());
  ASSERT_TRUE(
      door_.Put(FlightDescriptor::Command(R"({"stream_name": "json"})"), {MakeRows(0, 2)}).ok());
  EXPECT_EQ(door_.Number("SELECT count(*) FROM plain"), 1);
  EXPECT_EQ(door_.Number("SELECT count(*) FROM json"), 2);
}

TEST_F(PutTest, LandsForAClientThatOnlyClosesAndReadsNoAnswer) {
  auto put = door_.client->DoPut(FlightDescriptor::Path({"trips"}), MakeRows(0, 1)->schema());
  ASSERT_TRUE(put.ok()) << put.status();
  ASSERT_TRUE(put->writer->WriteRecordBatch(*MakeRows(0, 10)).ok());
  ASSERT_TRUE(put->writer->Close().ok());
  EXPECT_EQ(door_.Number("SELECT count(*) FROM trips"), 10);
}

TEST_F(PutTest, MakesAnEmptyTableOfAStreamWithoutBatches) {
  auto put = door_.client->DoPut(FlightDescriptor::Path({"trips"}), MakeRows(0, 1)->schema());
  ASSERT_TRUE(put.ok()) << put.status();
  const Status closed = put->writer->Close();
  ASSERT_TRUE(closed.ok()) << closed;
  EXPECT_EQ(door_.Number("SELECT count(*) FROM trips"), 0);
}

TEST_F(PutTest, SkipsMessagesWithoutData) {
  auto put = door_.client->DoPut(FlightDescriptor::Path({"trips"}), MakeRows(0, 1)->schema());
  ASSERT_TRUE(put.ok()) << put.status();
  ASSERT_TRUE(put->writer->WriteMetadata(arrow::Buffer::FromString("a note")).ok());
  ASSERT_TRUE(put->writer->WriteRecordBatch(*MakeRows(0, 10)).ok());
  ASSERT_TRUE(put->writer->WriteMetadata(arrow::Buffer::FromString("{\"another\": 1}")).ok());
  ASSERT_TRUE(put->writer->Close().ok());
  EXPECT_EQ(door_.Number("SELECT count(*) FROM trips"), 10);
}

TEST_F(PutTest, RollsBackWhenTheClientSaysThatItGivesUp) {
  auto put = door_.client->DoPut(FlightDescriptor::Path({"trips"}), MakeRows(0, 1)->schema());
  ASSERT_TRUE(put.ok()) << put.status();
  ASSERT_TRUE(put->writer->WriteRecordBatch(*MakeRows(0, 10)).ok());
  ASSERT_TRUE(
      put->writer->WriteMetadata(arrow::Buffer::FromString(R"({"abort": "disk full"})")).ok());
  const Status closed = put->writer->Close();
  EXPECT_THAT(closed.message(), HasSubstr("gave up its stream: disk full"));
  EXPECT_FALSE(door_.HasTable("trips"));
}

TEST_F(PutTest, LeavesNoRowsOfAClientThatGoesAwayInTheMiddle) {
  FlightCallOptions options;
  options.timeout = arrow::flight::TimeoutDuration(0.3);
  auto put =
      door_.client->DoPut(options, FlightDescriptor::Path({"trips"}), MakeRows(0, 1)->schema());
  ASSERT_TRUE(put.ok()) << put.status();
  ASSERT_TRUE(put->writer->WriteRecordBatch(*MakeRows(0, 200'000)).ok());
  std::shared_ptr<arrow::Buffer> answer;
  door_.WaitUntilAPutRuns();
  (void)put->reader->ReadMetadata(&answer);
  EXPECT_FALSE(put->writer->Close().ok());
  EXPECT_TRUE(door_.IsIdleWithinASecond());
  EXPECT_FALSE(door_.HasTable("trips"));
}

TEST_F(PutTest, RefusesABrokenBatchAndKeepsNothingOfThePut) {
  const auto good = MakeRows(0, 10);
  const auto offsets = arrow::Buffer::FromVector(std::vector<int32_t>{0, 1'000'000});
  const auto broken_names = arrow::ArrayData::Make(
      arrow::utf8(), 1, {nullptr, offsets, arrow::Buffer::FromString("short")}, 0);
  const auto broken = arrow::RecordBatch::Make(
      good->schema(), 1, {good->column(0)->Slice(0, 1)->data(), broken_names});
  const Status refused = door_.Put(FlightDescriptor::Path({"trips"}), {good, broken}).status();
  EXPECT_TRUE(refused.IsInvalid()) << refused;
  EXPECT_THAT(refused.message(), HasSubstr("batch 1"));
  EXPECT_FALSE(door_.HasTable("trips"));
}

TEST_F(PutTest, RefusesASchemaWithoutColumns) {
  const auto empty = arrow::RecordBatch::Make(arrow::schema({}), 1, arrow::ArrayVector{});
  const Status refused = door_.Put(FlightDescriptor::Path({"trips"}), {empty}).status();
  EXPECT_TRUE(refused.IsInvalid()) << refused;
}

TEST_F(PutTest, RefusesADescriptorThatNamesNoStream) {
  for (const auto& descriptor : {FlightDescriptor::Path({}), FlightDescriptor::Command(""),
                                 FlightDescriptor::Command("{\"stream_name\"")}) {
    const Status refused = Refusal(descriptor);
    EXPECT_TRUE(refused.IsInvalid()) << refused;
    EXPECT_THAT(refused.message(), HasSubstr("descriptor"));
  }
}

TEST_F(PutTest, RefusesABatchOverTheLimit) {
  ASSERT_TRUE(door_.Serve({.message_bytes_max = 1000}).ok());
  ASSERT_TRUE(door_.Put(FlightDescriptor::Path({"trips"}), {MakeRows(0, 10)}).ok());
  const Status refused = door_.Put(FlightDescriptor::Path({"trips"}), {MakeRows(0, 1000)}).status();
  EXPECT_TRUE(refused.IsInvalid()) << refused;
  EXPECT_THAT(refused.message(), HasSubstr("the limit is 1000"));
}

TEST_F(PutTest, RollsBackWhenTheClientSendsNothingForTooLong) {
  ASSERT_TRUE(door_.Serve({.put_idle_max = std::chrono::milliseconds(500)}).ok());
  auto put = door_.client->DoPut(FlightDescriptor::Path({"trips"}), MakeRows(0, 1)->schema());
  ASSERT_TRUE(put.ok()) << put.status();
  ASSERT_TRUE(put->writer->WriteRecordBatch(*MakeRows(0, 10)).ok());
  door_.WaitUntilAPutRuns();
  // Another put does not wait for it.
  ASSERT_TRUE(door_.Put(FlightDescriptor::Path({"trips"}), {MakeRows(0, 3)}).ok());
  EXPECT_TRUE(door_.IsIdleWithinASecond());
  (void)put->writer->WriteRecordBatch(*MakeRows(10, 10));
  const Status closed = put->writer->Close();
  const auto detail = FlightStatusDetail::UnwrapStatus(closed);
  ASSERT_NE(detail, nullptr) << closed;
  EXPECT_EQ(detail->code(), FlightStatusCode::TimedOut);
  EXPECT_THAT(closed.message(), HasSubstr("sent nothing for 500 ms"));
  EXPECT_EQ(door_.Number("SELECT count(*) FROM trips"), 3);
}

TEST_F(PutTest, EndsTheCallOfAClientThatOnlyWaitsForItsAnswer) {
  ASSERT_TRUE(door_.Serve({.put_idle_max = std::chrono::milliseconds(50)}).ok());
  auto put = door_.client->DoPut(FlightDescriptor::Path({"trips"}), MakeRows(0, 1)->schema());
  ASSERT_TRUE(put.ok()) << put.status();
  ASSERT_TRUE(put->writer->WriteRecordBatch(*MakeRows(0, 10)).ok());
  std::shared_ptr<arrow::Buffer> answer;
  (void)put->reader->ReadMetadata(&answer);  // Would wait forever while the connection stands.
  EXPECT_EQ(answer, nullptr);
  EXPECT_FALSE(put->writer->Close().ok());
  EXPECT_FALSE(door_.HasTable("trips"));  // Over a new connection.
}

TEST_F(PutTest, TellsOfAFailureInTheMiddleWhileTheClientIsStillSending) {
  ASSERT_TRUE(door_.Put(FlightDescriptor::Path({"trips"}), {MakeRows(0, 10)}).ok());
  const auto other = arrow::RecordBatch::Make(
      arrow::schema({arrow::field("id", arrow::utf8()), arrow::field("name", arrow::utf8())}), 10,
      {MakeRows(0, 10)->column(1), MakeRows(0, 10)->column(1)});
  auto put = door_.client->DoPut(FlightDescriptor::Path({"trips"}), other->schema());
  ASSERT_TRUE(put.ok()) << put.status();
  // "row 0" is no number; DuckDB finds out when it inserts, while we go on sending.
  for (int i = 0; i < 100'000 && put->writer->WriteRecordBatch(*other).ok(); ++i) continue;
  const Status closed = put->writer->Close();
  EXPECT_FALSE(closed.ok());
  EXPECT_THAT(closed.message(), HasSubstr("stream 'trips'"));
  EXPECT_EQ(door_.Number("SELECT count(*) FROM trips"), 10);
}

}  // namespace
}  // namespace arrowport::flight
