#include "engine/append.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/call_control.h"
#include "base/error.h"
#include "base/event.h"
#include "base/limits.h"
#include "engine/database.h"
#include "engine/table_rows.h"
#include "engine/test_batches.h"

namespace arrowport::engine {
namespace {

using ::testing::HasSubstr;
using testing::Land;
using testing::MakeRows;
using testing::OpenMemory;
using testing::ReadAll;
using testing::ReadInt;

std::shared_ptr<arrow::RecordBatch> OneColumn(const std::string& name,
                                              const std::shared_ptr<arrow::Array>& array) {
  return arrow::RecordBatch::Make(arrow::schema({arrow::field(name, array->type())}),
                                  array->length(), {array});
}

TEST(AppendTest, MakesTheTableAndLandsEveryRowInOrder) {
  auto database = OpenMemory();
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
  batches.reserve(50);
  for (int64_t i = 0; i < 50; ++i) batches.push_back(MakeRows(i * 10'000, 10'000));
  auto rows = Land(*database, "t", batches);
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_EQ(*rows, 500'000);
  EXPECT_EQ(*ReadInt(*database, "SELECT sum(id)::BIGINT FROM t"), 499'999LL * 500'000 / 2);
  EXPECT_EQ(*ReadInt(*database, "SELECT count(*) FROM t WHERE id = rowid"), 500'000);
}

TEST(AppendTest, LandsABatchFarLargerThanTheQueue) {
  auto database = OpenMemory({.put_bytes_max = kMiB});
  auto rows = Land(*database, "t", {MakeRows(0, 1'000'000), MakeRows(1'000'000, 1'000'000)});
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_EQ(*ReadInt(*database, "SELECT count(DISTINCT id) FROM t"), 2'000'000);
}

TEST(AppendTest, LandsOtherRowsInTheSameTransaction) {
  for (const char* statement : {"CREATE TABLE t(id BIGINT, name VARCHAR)", "SELECT 1"}) {
    auto database = OpenMemory();
    ASSERT_TRUE(ReadAll(*database, statement).ok());
    ASSERT_TRUE(ReadAll(*database, "CREATE TABLE u(id BIGINT, name VARCHAR)").ok());
    AppendOptions options;
    options.also = [] {
      const auto rows = MakeRows(5, 1);
      return std::vector{
          TableRows{.table = {"", "", "u"}, .schema = rows->schema(), .batches = {rows}}};
    };
    auto append = database->BeginAppend({"", "", "t"}, MakeRows(0, 1)->schema(), options, {});
    ASSERT_TRUE(append.ok()) << append.status();
    ASSERT_TRUE((*append)->WriteBlocking(MakeRows(0, 10'000)).ok());
    EXPECT_EQ(*ReadInt(*database, "SELECT count(*) FROM u"), 0);
    const auto rows = (*append)->FinishBlocking();
    ASSERT_TRUE(rows.ok()) << rows.status();
    EXPECT_EQ(*ReadInt(*database, "SELECT id FROM u"), 5);
    EXPECT_EQ(*ReadInt(*database, "SELECT count(*) FROM t"), 10'000);
  }
}

TEST(AppendTest, LandsNothingWhenTheOtherRowsCannotLand) {
  auto database = OpenMemory();
  ASSERT_TRUE(ReadAll(*database, "CREATE TABLE u(id BIGINT CHECK (id > 5), name VARCHAR)").ok());
  AppendOptions options;
  options.also = [] {
    const auto rows = MakeRows(5, 1);
    return std::vector{
        TableRows{.table = {"", "", "u"}, .schema = rows->schema(), .batches = {rows}}};
  };
  auto append = database->BeginAppend({"", "", "t"}, MakeRows(0, 1)->schema(), options, {});
  ASSERT_TRUE(append.ok()) << append.status();
  ASSERT_TRUE((*append)->WriteBlocking(MakeRows(0, 10'000)).ok());
  const auto rows = (*append)->FinishBlocking();
  EXPECT_THAT(rows.status().message(), HasSubstr("CHECK constraint"));
  EXPECT_EQ(*ReadInt(*database, "SELECT count(*) FROM duckdb_tables() WHERE table_name = 't'"), 0);
}

TEST(AppendTest, MatchesColumnsByName) {
  auto database = OpenMemory();
  ASSERT_TRUE(
      ReadAll(*database, "CREATE TABLE t(name VARCHAR, extra INT DEFAULT 5, id BIGINT)").ok());
  ASSERT_TRUE(Land(*database, "t", {MakeRows(7, 1)}).ok());
  EXPECT_EQ(*ReadInt(*database, "SELECT id FROM t WHERE name = 'row 7' AND extra = 5"), 7);
}

TEST(AppendTest, RefusesAColumnThatTheTableDoesNotHave) {
  auto database = OpenMemory();
  ASSERT_TRUE(ReadAll(*database, "CREATE TABLE t(id BIGINT)").ok());
  auto rows = Land(*database, "t", {MakeRows(0, 5)});
  EXPECT_EQ(KindOf(rows.status()), ErrorKind::kConflict) << rows.status();
  EXPECT_THAT(rows.status().message(), HasSubstr("name"));
  EXPECT_EQ(*ReadInt(*database, "SELECT count(*) FROM t"), 0);
}

TEST(AppendTest, WritesNothingWhenAValueDoesNotFitHalfway) {
  auto database = OpenMemory();
  ASSERT_TRUE(ReadAll(*database, "CREATE TABLE t(id SMALLINT, name VARCHAR)").ok());
  auto rows = Land(*database, "t", {MakeRows(0, 30'000), MakeRows(30'000, 30'000)});
  EXPECT_EQ(KindOf(rows.status()), ErrorKind::kInvalidInput) << rows.status();
  EXPECT_EQ(*ReadInt(*database, "SELECT count(*) FROM t"), 0);
}

TEST(AppendTest, WritesNothingWhenItIsAborted) {
  auto database = OpenMemory();
  auto append = database->BeginAppend({"", "", "t"}, MakeRows(0, 1)->schema(), {}, {});
  ASSERT_TRUE(append.ok());
  ASSERT_TRUE((*append)->WriteBlocking(MakeRows(0, 300'000)).ok());
  (*append)->Abort(MakeError(ErrorKind::kRequestTimeout, "the client was too slow"));
  auto rows = (*append)->FinishBlocking();
  EXPECT_EQ(KindOf(rows.status()), ErrorKind::kRequestTimeout) << rows.status();
  EXPECT_EQ(KindOf(database->DescribeTable({"", "", "t"}, {}).status()), ErrorKind::kNotFound);
}

TEST(AppendTest, WritesNothingWhenItIsDropped) {
  auto database = OpenMemory();
  ASSERT_TRUE(Land(*database, "t", {MakeRows(0, 1)}).ok());
  {
    auto append = database->BeginAppend({"", "", "t"}, MakeRows(0, 1)->schema(), {}, {});
    ASSERT_TRUE((*append)->WriteBlocking(MakeRows(1, 300'000)).ok());
  }
  EXPECT_EQ(database->counters().running_appends, 0);
  EXPECT_EQ(*ReadInt(*database, "SELECT count(*) FROM t"), 1);
}

TEST(AppendTest, LandsAStreamWithoutRowsAsAnEmptyTable) {
  auto database = OpenMemory();
  auto append = database->BeginAppend({"", "", "t"}, MakeRows(0, 1)->schema(), {}, {});
  ASSERT_TRUE(append.ok());
  EXPECT_EQ((*append)->FinishBlocking().ValueOr(-1), 0);
  EXPECT_EQ(database->DescribeTable({"", "", "t"}, {})->rows, 0);
}

TEST(AppendTest, SixteenFirstPutsIntoOneTableAllLand) {
  auto database = OpenMemory();
  std::vector<Status> failures(16);
  std::vector<std::thread> producers;
  producers.reserve(failures.size());
  for (size_t i = 0; i < failures.size(); ++i) {
    producers.emplace_back([&, i] {
      failures[i] =
          Land(*database, "t", {MakeRows(static_cast<int64_t>(i) * 1'000, 1'000)}).status();
    });
  }
  for (auto& producer : producers) producer.join();
  for (const Status& failure : failures) EXPECT_TRUE(failure.ok()) << failure;
  EXPECT_EQ(*ReadInt(*database, "SELECT count(DISTINCT id) FROM t"), 16'000);
}

TEST(AppendTest, ASlowClientLeavesTheWorkersToOthers) {
  auto database = OpenMemory({.threads = 2});
  std::vector<std::shared_ptr<Append>> slow;
  for (int i = 0; i < 8; ++i) {
    auto append =
        database->BeginAppend({"", "", "t" + std::to_string(i)}, MakeRows(0, 1)->schema(), {}, {});
    ASSERT_TRUE(append.ok()) << append.status();
    slow.push_back(*append);
  }
  EXPECT_EQ(ReadInt(*database, "SELECT count(*) FROM range(1000000)").ValueOr(-1), 1'000'000);
  for (auto& append : slow) {
    ASSERT_TRUE(append->WriteBlocking(MakeRows(0, 10)).ok());
    EXPECT_EQ(append->FinishBlocking().ValueOr(-1), 10);
  }
}

TEST(AppendTest, WaitsForTheCreatorOfATableNoLongerThanItsDeadline) {
  auto database = OpenMemory();
  auto creator = database->BeginAppend({"", "", "t"}, MakeRows(0, 1)->schema(), {}, {});
  ASSERT_TRUE(creator.ok());
  CallControl control;
  control.deadline = Clock::now() + std::chrono::milliseconds(50);
  auto second = database->BeginAppend({"", "", "T"}, MakeRows(0, 1)->schema(), {}, control);
  EXPECT_EQ(KindOf(second.status()), ErrorKind::kDeadlineExceeded) << second.status();
}

TEST(AppendTest, LetsTheNextMakeTheTableWhenItsCreatorGivesUp) {
  for (int round = 0; round < 20; ++round) {
    auto database = OpenMemory();
    auto creator = database->BeginAppend({"", "", "t"}, MakeRows(0, 1)->schema(), {}, {});
    ASSERT_TRUE(creator.ok());
    ASSERT_TRUE((*creator)->WriteBlocking(MakeRows(0, 200'000)).ok());
    std::vector<Status> failures(4);
    std::vector<std::thread> others;
    others.reserve(failures.size());
    for (Status& failure : failures) {
      others.emplace_back([&] { failure = Land(*database, "t", {MakeRows(0, 100)}).status(); });
    }
    (*creator)->Abort(MakeError(ErrorKind::kCancelled, "gone"));
    for (auto& other : others) other.join();
    for (const Status& failure : failures) ASSERT_TRUE(failure.ok()) << round << ": " << failure;
    EXPECT_EQ(*ReadInt(*database, "SELECT count(*) FROM t"), 400);
  }
}

TEST(AppendTest, RefusesATypeWithoutAMappingByName) {
  auto database = OpenMemory();
  auto batch = OneColumn("ratio", arrow::MakeArrayOfNull(arrow::decimal256(50, 2), 3).ValueOrDie());
  auto rows = Land(*database, "t", {batch});
  EXPECT_EQ(KindOf(rows.status()), ErrorKind::kUnsupportedMedia) << rows.status();
  EXPECT_THAT(rows.status().message(), HasSubstr("column 'ratio': type decimal256(50, 2)"));
}

TEST(AppendTest, ReadsEachBatchWithItsOwnDictionary) {
  auto database = OpenMemory();
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
  for (int i = 0; i < 50; ++i) {
    arrow::StringDictionaryBuilder builder;
    for (int k = 0; k < 100; ++k) {
      ASSERT_TRUE(
          builder.Append("batch " + std::to_string(i) + " value " + std::to_string(k)).ok());
    }
    std::shared_ptr<arrow::Array> array;
    ASSERT_TRUE(builder.Finish(&array).ok());
    batches.push_back(OneColumn("d", array));
  }
  ASSERT_TRUE(Land(*database, "t", batches).ok());
  EXPECT_EQ(*ReadInt(*database, "SELECT count(DISTINCT d) FROM t"), 5'000);
}

TEST(AppendTest, NoOtherConnectionCanReadWhatIsArriving) {
  auto database = OpenMemory();
  auto append = database->BeginAppend({"", "", "t"}, MakeRows(0, 1)->schema(), {}, {});
  ASSERT_TRUE(append.ok());
  auto stolen = ReadAll(*database, "FROM arrowport_batches()");
  EXPECT_EQ(KindOf(stolen.status()), ErrorKind::kInvalidInput) << stolen.status();
}

TEST(AppendTest, EndsWhenTheDatabaseCloses) {
  auto database = OpenMemory();
  auto append = database->BeginAppend({"", "", "t"}, MakeRows(0, 1)->schema(), {}, {});
  ASSERT_TRUE(append.ok());
  ASSERT_TRUE((*append)->WriteBlocking(MakeRows(0, 10)).ok());
  ASSERT_TRUE(database->Close().ok());
  EXPECT_EQ(KindOf((*append)->FinishBlocking().status()), ErrorKind::kUnavailable);
}

TEST(TableNameTest, ReadsNamesAsPeopleWriteThem) {
  EXPECT_EQ(TableName::Parse("trips")->ToSql(), "\"trips\"");
  EXPECT_EQ(TableName::Parse("lake.main.trips")->ToSql(), "\"lake\".\"main\".\"trips\"");
  EXPECT_EQ(TableName::Parse("\"a.b\".\"c\"\"d\"")->ToSql(), "\"a.b\".\"c\"\"d\"");
  EXPECT_EQ(TableName::Parse("\"a.b\".c")->ToString(), "\"a.b\".c");
  for (const char* bad : {"", ".", "a.", ".a", "a..b", "a.b.c.d", "\"a", "\"a\"b", "\"\""}) {
    EXPECT_EQ(KindOf(TableName::Parse(bad).status()), ErrorKind::kInvalidInput) << bad;
  }
}

TEST(TableNameTest, NoNameBecomesAnythingButAName) {
  auto database = OpenMemory();
  const std::string hostile = "\"x\"\"; DROP TABLE y; --\"";
  ASSERT_TRUE(ReadAll(*database, "CREATE TABLE y(i INT)").ok());
  ASSERT_TRUE(Land(*database, hostile, {MakeRows(0, 3)}).ok());
  EXPECT_TRUE(database->DescribeTable({"", "", "y"}, {}).ok());
  EXPECT_EQ(database->DescribeTable({"", "", "x\"; DROP TABLE y; --"}, {})->rows, 3);
}

/// Memory that tells when it is given back.
class WatchedBuffer final : public arrow::Buffer {
 public:
  WatchedBuffer(const std::shared_ptr<arrow::Buffer>& parent, Event& freed)
      : Buffer(parent, 0, parent->size()), freed_(freed) {}
  ~WatchedBuffer() override { freed_.Set(); }

 private:
  Event& freed_;
};

// What the batch has in memory is what others wait for.
TEST(AppendTest, GivesALargeBatchBackBeforeTheNextOneComes) {
  auto database = OpenMemory();
  const auto schema = arrow::schema({arrow::field("i", arrow::int64())});
  auto append = database->BeginAppend({"", "", "t"}, schema, {}, {});
  ASSERT_TRUE(append.ok()) << append.status();
  for (const int64_t rows : {200'000, 200'001, 131'072}) {
    Event freed;
    auto buffer = *arrow::AllocateBuffer(rows * 8);
    std::memset(buffer->mutable_data(), 1, static_cast<size_t>(rows * 8));
    auto column = std::make_shared<arrow::Int64Array>(
        rows, std::make_shared<WatchedBuffer>(std::move(buffer), freed));
    auto batch = arrow::RecordBatch::Make(schema, rows, {std::move(column)});
    ASSERT_TRUE((*append)->WriteBlocking(std::move(batch)).ok());
    freed.Wait();
  }
  EXPECT_EQ(*(*append)->FinishBlocking(), 531'073);
  EXPECT_EQ(*ReadInt(*database, "SELECT count(*) FROM t WHERE i = 72340172838076673"), 531'073);
}

}  // namespace
}  // namespace arrowport::engine
