#include "engine/land_rows.h"

#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "engine/append.h"
#include "engine/database.h"
#include "engine/landing.h"
#include "engine/table.h"
#include "engine/table_rows.h"
#include "engine/test_batches.h"

namespace arrowport::engine {
namespace {

using ::testing::HasSubstr;
using testing::MakeRows;
using testing::OpenMemory;
using testing::ReadAll;
using testing::ReadInt;

const TableName kTable = {.catalog = "", .schema = "", .name = "t"};

std::shared_ptr<Landing> Upserting() {
  auto landing = std::make_shared<Landing>();
  landing->rule.mode = LandingMode::kUpsert;
  landing->rule.key = {"id"};
  return landing;
}

std::shared_ptr<Landing> Evolving() {
  auto landing = std::make_shared<Landing>();
  landing->rule.on_schema_change = {.add_columns = true, .widen = true};
  return landing;
}

TableRows Rows(const std::shared_ptr<arrow::RecordBatch>& batch,
               const std::shared_ptr<const Landing>& landing) {
  return {.table = kTable, .schema = batch->schema(), .batches = {batch}, .landing = landing};
}

// One row with an id and another column.
std::shared_ptr<arrow::RecordBatch> WithColumn(int64_t id, const std::string& name,
                                               const std::shared_ptr<arrow::Scalar>& value) {
  const auto column = arrow::MakeArrayFromScalar(*value, 1).ValueOrDie();
  const auto ids = arrow::MakeArrayFromScalar(arrow::Int64Scalar(id), 1).ValueOrDie();
  return arrow::RecordBatch::Make(
      arrow::schema({arrow::field("id", arrow::int64()), arrow::field(name, column->type())}), 1,
      {ids, column});
}

TEST(LandRowsTest, ChangesOneTableForSeveralPartsInOneTransaction) {
  auto database = OpenMemory();
  const auto landing = Evolving();
  const std::vector<TableRows> parts = {
      Rows(WithColumn(1, "a", arrow::MakeScalar(int32_t{1})), landing),
      Rows(WithColumn(2, "b", arrow::MakeScalar("x")), landing),
      Rows(WithColumn(3, "a", arrow::MakeScalar(int64_t{1} << 40)), landing),
      Rows(WithColumn(4, "b", arrow::MakeScalar("y")), landing)};
  const auto outcome = database->AppendTogether(parts);
  ASSERT_TRUE(outcome.status.ok()) << outcome.status;
  EXPECT_EQ(*ReadInt(*database, "SELECT count(*) FROM t WHERE (a IS NULL) <> (b IS NULL)"), 4);
  EXPECT_EQ(*ReadInt(*database, "SELECT max(a) FROM t"), int64_t{1} << 40);
}

TEST(LandRowsTest, ChangesNothingWhenOnePartDoesNotFit) {
  auto database = OpenMemory();
  const auto landing = Evolving();
  ASSERT_TRUE(ReadAll(*database, "CREATE TABLE t AS SELECT 1::BIGINT AS id, 1::INTEGER AS a").ok());
  const auto outcome =
      database->AppendTogether({Rows(WithColumn(2, "b", arrow::MakeScalar("x")), landing),
                                Rows(WithColumn(3, "a", arrow::MakeScalar("no number")), landing)});
  EXPECT_EQ(KindOf(outcome.status), ErrorKind::kConflict);
  EXPECT_EQ(outcome.guilty_first, 1);
  EXPECT_EQ(outcome.guilty_count, 1);
  EXPECT_EQ(*ReadInt(*database, "SELECT count(*) FROM duckdb_columns() WHERE table_name = 't'"), 2);
}

TEST(LandRowsTest, PartsWithOneRuleAreMergedTogether) {
  auto database = OpenMemory();
  const auto landing = Upserting();
  std::vector<TableRows> parts;
  for (int64_t i = 0; i < 100; ++i) {
    parts.push_back(Rows(WithColumn(i % 10, "n", arrow::MakeScalar(i)), landing));
  }
  ASSERT_TRUE(database->AppendTogether(parts).status.ok());
  ASSERT_TRUE(database->AppendTogether(parts).status.ok());
  EXPECT_EQ(*ReadInt(*database, "SELECT count(*) FROM t"), 10);
  EXPECT_EQ(*ReadInt(*database, "SELECT count(*) FROM t WHERE n = 90 + id"), 10);
}

TEST(LandRowsTest, UpsertsBesideEachOtherLeaveOneRowAKey) {
  auto database = OpenMemory();
  const auto landing = Upserting();
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&database, &landing, streams = i % 2 == 0] {
      for (int round = 0; round < 10; ++round) {
        const auto batch = MakeRows(0, 500);
        if (!streams) {
          EXPECT_TRUE(database->AppendTogether({Rows(batch, landing)}).status.ok());
          continue;
        }
        AppendOptions options;
        options.landing = landing;
        const auto append = database->BeginAppend(kTable, batch->schema(), options, {});
        ASSERT_TRUE(append.ok()) << append.status();
        ASSERT_TRUE((*append)->WriteBlocking(batch).ok());
        const auto landed = (*append)->FinishBlocking();
        EXPECT_TRUE(landed.ok()) << landed.status();
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(*ReadInt(*database, "SELECT count(*) FROM t"), 500);
  EXPECT_EQ(*ReadInt(*database, "SELECT count(DISTINCT id) FROM t"), 500);
}

TEST(LandRowsTest, LandsWhatComesAlsoWithStagedRows) {
  auto database = OpenMemory();
  ASSERT_TRUE(ReadAll(*database, "CREATE TABLE other(id BIGINT, name VARCHAR)").ok());
  AppendOptions options;
  options.landing = Upserting();
  options.also = [] {
    TableRows rows = Rows(MakeRows(7, 1), nullptr);
    rows.table.name = "other";
    return std::vector{rows};
  };
  const auto append = database->BeginAppend(kTable, MakeRows(0, 1)->schema(), options, {});
  ASSERT_TRUE(append.ok()) << append.status();
  ASSERT_TRUE((*append)->WriteBlocking(MakeRows(0, 100)).ok());
  EXPECT_EQ(*(*append)->FinishBlocking(), 100);
  EXPECT_EQ(*ReadInt(*database, "SELECT count(*) FROM t"), 100);
  EXPECT_EQ(*ReadInt(*database, "SELECT id FROM other"), 7);
}

TEST(LandRowsTest, LeavesNothingOfAStagedPutThatIsAborted) {
  auto database = OpenMemory();
  AppendOptions options;
  options.landing = Upserting();
  {
    const auto append = database->BeginAppend(kTable, MakeRows(0, 1)->schema(), options, {});
    ASSERT_TRUE(append.ok()) << append.status();
    ASSERT_TRUE((*append)->WriteBlocking(MakeRows(0, 100)).ok());
    (*append)->Abort(MakeError(ErrorKind::kCancelled, "given up"));
    EXPECT_EQ(KindOf((*append)->FinishBlocking().status()), ErrorKind::kCancelled);
  }
  EXPECT_EQ(*ReadInt(*database, "SELECT count(*) FROM duckdb_tables() WHERE table_name = 't'"), 0);
}

TEST(LandRowsTest, APutToBeStagedIsRefusedBeforeItsRowsCome) {
  auto database = OpenMemory();
  AppendOptions options;
  options.landing = Upserting();
  const auto schema = arrow::schema({arrow::field("name", arrow::utf8())});
  const auto refused = database->BeginAppend(kTable, schema, options, {}).status();
  EXPECT_EQ(KindOf(refused), ErrorKind::kConflict);
  EXPECT_THAT(refused.message(), HasSubstr("no column 'id'"));
}

}  // namespace
}  // namespace arrowport::engine
