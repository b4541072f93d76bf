#include "service/service.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/call_control.h"
#include "base/error.h"
#include "engine/database.h"
#include "engine/test_batches.h"
#include "observe/metrics.h"

namespace arrowport::service {
namespace {

using engine::testing::MakeRows;
using engine::testing::OpenMemory;
using ::testing::HasSubstr;

class ServiceTest : public ::testing::Test {
 protected:
  Result<PutSummary> Land(const std::string& stream, int64_t rows) {
    auto batch = MakeRows(0, rows);
    ARROW_ASSIGN_OR_RAISE(auto put, service_.BeginPut({}, {stream, batch->schema()}));
    ARROW_RETURN_NOT_OK(WriteBlocking(*put, batch));
    return FinishBlocking(*put);
  }

  std::shared_ptr<engine::Database> database_ = OpenMemory();
  observe::Metrics metrics_;
  Service service_{database_, metrics_};
};

TEST_F(ServiceTest, TellsWhatAPutDid) {
  auto summary = Land("trips", 1'000);
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_EQ(summary->stream, "trips");
  EXPECT_EQ(summary->table, "trips");
  EXPECT_EQ(summary->rows, 1'000);
  EXPECT_EQ(summary->batches, 1);
  EXPECT_GT(summary->bytes, 8'000);
  EXPECT_GT(summary->seconds, 0);
}

TEST_F(ServiceTest, RemembersStreamsAndTheirLastError) {
  ASSERT_TRUE(Land("trips", 10).ok());
  ASSERT_TRUE(Land("trips", 5).ok());
  auto put = service_.BeginPut({}, {"trips", arrow::schema({arrow::field("x", arrow::int8())})});
  ASSERT_TRUE(put.ok()) << put.status();
  const auto wrong = FinishBlocking(**put);
  EXPECT_EQ(KindOf(wrong.status()), ErrorKind::kConflict) << wrong.status();
  auto streams = service_.ListStreams({});
  ASSERT_TRUE(streams.ok());
  ASSERT_EQ(streams->size(), 1U);
  EXPECT_EQ(streams->front().puts, 2);
  EXPECT_EQ(streams->front().rows, 15);
  EXPECT_EQ(streams->front().puts_failed, 1);
  EXPECT_THAT(streams->front().last_error, HasSubstr("stream 'trips'"));
  EXPECT_THAT(metrics_.Page(), HasSubstr("arrowport_rows_processed_total{stream=\"trips\"} 15"));
}

TEST_F(ServiceTest, RefusesSqlThatIsNotUtf8) {
  const engine::Statement statement = {.sql = "CREATE TABLE \"\xff\" (a INTEGER)",
                                       .parameters = {}};
  EXPECT_EQ(KindOf(service_.Query({}, statement, {}).status()), ErrorKind::kInvalidInput);
  EXPECT_EQ(KindOf(service_.DescribeQuery({}, statement).status()), ErrorKind::kInvalidInput);
  EXPECT_TRUE(service_.ListTables({}).ok());
}

TEST_F(ServiceTest, RefusesAStreamNameThatNamesNoTable) {
  EXPECT_EQ(KindOf(Land("", 1).status()), ErrorKind::kInvalidInput);
  EXPECT_EQ(KindOf(Land("a..b", 1).status()), ErrorKind::kInvalidInput);
  EXPECT_EQ(KindOf(Land(std::string(600, 'x'), 1).status()), ErrorKind::kTooLarge);
  EXPECT_EQ(KindOf(Land("\xff", 1).status()), ErrorKind::kInvalidInput);
}

TEST_F(ServiceTest, ReadsATableByItsName) {
  ASSERT_TRUE(Land("trips", 10).ok());
  auto stream = service_.ReadTable({}, "trips");
  ASSERT_TRUE(stream.ok()) << stream.status();
  EXPECT_EQ((*stream)->Next().ValueOrDie()->num_rows(), 10);
  EXPECT_EQ(KindOf(service_.ReadTable({}, "nope").status()), ErrorKind::kNotFound);
}

TEST_F(ServiceTest, RefusesNewWorkWhileItDrainsAndLetsTheOldEnd) {
  auto put = service_.BeginPut({}, {"trips", MakeRows(0, 1)->schema()});
  ASSERT_TRUE(put.ok());
  service_.StartDraining();
  EXPECT_EQ(KindOf(Land("trips", 1).status()), ErrorKind::kUnavailable);
  EXPECT_FALSE(service_.WaitUntilIdle(Clock::now()));
  ASSERT_TRUE(WriteBlocking(**put, MakeRows(0, 3)).ok());
  EXPECT_EQ(FinishBlocking(**put)->rows, 3);
  put->reset();
  EXPECT_TRUE(service_.WaitUntilIdle(Clock::now() + std::chrono::seconds(10)));
}

TEST_F(ServiceTest, CancelsWhatRuns) {
  auto put = service_.BeginPut({}, {"trips", MakeRows(0, 1)->schema()});
  auto stream = service_.Query({}, {"SELECT i, i::VARCHAR FROM range(200000000) t(i)", {}}, {});
  ASSERT_TRUE(put.ok() && stream.ok());
  service_.CancelAll(MakeError(ErrorKind::kUnavailable, "going down"));
  EXPECT_EQ(KindOf(FinishBlocking(**put).status()), ErrorKind::kUnavailable);
  EXPECT_EQ(KindOf((*stream)->Next().status()), ErrorKind::kUnavailable);
}

TEST_F(ServiceTest, IsHealthyUntilTheDatabaseCloses) {
  EXPECT_TRUE(service_.CheckHealth({}).ok());
  ASSERT_TRUE(database_->Close().ok());
  EXPECT_EQ(KindOf(service_.CheckHealth({})), ErrorKind::kUnavailable);
}

}  // namespace
}  // namespace arrowport::service
