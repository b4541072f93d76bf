#include "engine/joint_append.h"

#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "engine/table.h"
#include "engine/test_batches.h"

namespace arrowport::engine {
namespace {

using ::testing::HasSubstr;
using testing::Land;
using testing::MakeRows;
using testing::OpenMemory;
using testing::ReadAll;
using testing::ReadInt;

TableRows RowsFor(const std::string& table,
                  std::vector<std::shared_ptr<arrow::RecordBatch>> batches) {
  auto schema = batches.front()->schema();
  return {.table = TableName::Parse(table).ValueOrDie(),
          .schema = std::move(schema),
          .batches = std::move(batches)};
}

std::shared_ptr<arrow::RecordBatch> OneValue(const std::string& name,
                                             const std::shared_ptr<arrow::Array>& array) {
  return arrow::RecordBatch::Make(arrow::schema({arrow::field(name, array->type())}),
                                  array->length(), {array});
}

std::shared_ptr<arrow::Array> Words(const std::vector<std::string>& words) {
  arrow::StringDictionaryBuilder builder;
  for (const auto& word : words) (void)builder.Append(word);
  return builder.Finish().ValueOrDie();
}

TEST(JointAppendTest, LandsTheRowsOfAllPartsInTheirOrder) {
  auto database = OpenMemory();
  ASSERT_TRUE(Land(*database, "t", {MakeRows(0, 1)}).ok());
  std::vector<TableRows> parts;
  for (int64_t i = 1; i < 200; ++i) parts.push_back(RowsFor("t", {MakeRows(i, 1)}));
  parts.push_back(RowsFor("t", {MakeRows(200, 5'000), MakeRows(5'200, 10)}));
  const JointOutcome outcome = database->AppendTogether(parts);
  ASSERT_TRUE(outcome.status.ok()) << outcome.status;
  EXPECT_EQ(*ReadInt(*database, "SELECT count(*) FROM t"), 5'210);
  EXPECT_EQ(*ReadInt(*database, "SELECT count(*) FROM t WHERE id = rowid AND name = 'row ' || id"),
            5'210);
}

TEST(JointAppendTest, MakesTablesThatAreMissing) {
  auto database = OpenMemory();
  const auto outcome =
      database->AppendTogether({RowsFor("t", {MakeRows(0, 3)}), RowsFor("t", {MakeRows(3, 3)}),
                                RowsFor("u", {MakeRows(0, 2)})});
  ASSERT_TRUE(outcome.status.ok()) << outcome.status;
  EXPECT_EQ(*ReadInt(*database, "SELECT count(*) FROM t"), 6);
  EXPECT_EQ(*ReadInt(*database, "SELECT count(*) FROM u"), 2);
}

TEST(JointAppendTest, MatchesByNameCastsAndFillsDefaults) {
  auto database = OpenMemory();
  ASSERT_TRUE(ReadAll(*database,
                      "CREATE SEQUENCE s; CREATE TABLE t(name VARCHAR, extra INT DEFAULT 5, "
                      "id INTEGER, n BIGINT DEFAULT nextval('s'), twice AS (id * 2), none DATE)")
                  .ok());
  const auto outcome =
      database->AppendTogether({RowsFor("t", {MakeRows(7, 1)}), RowsFor("t", {MakeRows(8, 1)})});
  ASSERT_TRUE(outcome.status.ok()) << outcome.status;
  EXPECT_EQ(*ReadInt(*database,
                     "SELECT count(*) FROM t WHERE name = 'row ' || id AND extra = 5 AND "
                     "twice = id * 2 AND n = id - 6 AND none IS NULL"),
            2);
}

TEST(JointAppendTest, LandsDifferentSchemasOfOneTable) {
  auto database = OpenMemory();
  ASSERT_TRUE(ReadAll(*database, "CREATE TABLE t(id BIGINT, name VARCHAR)").ok());
  const auto ids = MakeRows(5, 2);
  const auto outcome = database->AppendTogether({RowsFor("t", {MakeRows(0, 2)}),
                                                 RowsFor("t", {OneValue("id", ids->column(0))}),
                                                 RowsFor("t", {MakeRows(2, 1)})});
  ASSERT_TRUE(outcome.status.ok()) << outcome.status;
  EXPECT_EQ(*ReadInt(*database, "SELECT count(*) FROM t WHERE name IS NULL"), 2);
  EXPECT_EQ(*ReadInt(*database, "SELECT count(*) FROM t"), 5);
}

TEST(JointAppendTest, LandsDifferentSchemasOfATableThatIsMissing) {
  auto database = OpenMemory();
  const auto ids = MakeRows(5, 2);
  const auto only_ids =
      arrow::RecordBatch::Make(arrow::schema({ids->schema()->field(0)}), 2, {ids->column(0)});
  const auto outcome = database->AppendTogether(
      {RowsFor("t", {MakeRows(0, 2)}), RowsFor("t", {only_ids}), RowsFor("T", {MakeRows(9, 1)})});
  ASSERT_TRUE(outcome.status.ok()) << outcome.status;
  EXPECT_EQ(*ReadInt(*database, "SELECT count(*) FROM t"), 5);
  // What the first one made does not take all of them in this order.
  const auto refused =
      database->AppendTogether({RowsFor("u", {only_ids}), RowsFor("u", {MakeRows(0, 2)})});
  EXPECT_EQ(KindOf(refused.status), ErrorKind::kConflict);
  EXPECT_EQ(refused.guilty_first, 1);
  EXPECT_EQ(refused.guilty_count, 1);
}

TEST(JointAppendTest, JoinsDictionariesThatDiffer) {
  auto database = OpenMemory();
  ASSERT_TRUE(ReadAll(*database, "CREATE TABLE t(word VARCHAR)").ok());
  const auto outcome =
      database->AppendTogether({RowsFor("t", {OneValue("word", Words({"a", "b", "a"}))}),
                                RowsFor("t", {OneValue("word", Words({"c", "a"}))})});
  ASSERT_TRUE(outcome.status.ok()) << outcome.status;
  EXPECT_EQ(*ReadInt(*database, "SELECT count(*) FROM t WHERE word = 'a'"), 3);
  EXPECT_EQ(*ReadInt(*database, "SELECT count(*) FROM t WHERE word = 'c'"), 1);
}

TEST(JointAppendTest, NamesThePartThatDoesNotFitAndLandsNothing) {
  auto database = OpenMemory();
  ASSERT_TRUE(ReadAll(*database, "CREATE TABLE t(id BIGINT, name VARCHAR)").ok());
  const auto misfit = OneValue("other", MakeRows(0, 1)->column(0));
  const auto outcome = database->AppendTogether(
      {RowsFor("t", {MakeRows(0, 2)}), RowsFor("t", {misfit}), RowsFor("t", {MakeRows(2, 1)})});
  EXPECT_EQ(KindOf(outcome.status), ErrorKind::kConflict) << outcome.status;
  EXPECT_THAT(outcome.status.message(), HasSubstr("table 't': there is no column 'other'"));
  EXPECT_EQ(outcome.guilty_first, 1U);
  EXPECT_EQ(outcome.guilty_count, 1U);
  EXPECT_EQ(*ReadInt(*database, "SELECT count(*) FROM t"), 0);
}

TEST(JointAppendTest, RollsAllBackWhenAConstraintFails) {
  auto database = OpenMemory();
  ASSERT_TRUE(ReadAll(*database, "CREATE TABLE t(id BIGINT PRIMARY KEY, name VARCHAR)").ok());
  ASSERT_TRUE(database->AppendTogether({RowsFor("t", {MakeRows(5, 1)})}).status.ok());
  const auto outcome = database->AppendTogether(
      {RowsFor("u", {MakeRows(0, 2)}), RowsFor("t", {MakeRows(0, 2), MakeRows(5, 1)})});
  EXPECT_EQ(KindOf(outcome.status), ErrorKind::kConflict) << outcome.status;
  EXPECT_EQ(outcome.guilty_first, 1U);
  EXPECT_EQ(outcome.guilty_count, 1U);
  EXPECT_EQ(*ReadInt(*database, "SELECT count(*) FROM t"), 1);
  EXPECT_EQ(*ReadInt(*database, "SELECT count(*) FROM duckdb_tables() WHERE table_name = 'u'"), 0);
}

std::shared_ptr<Database> OpenWithThreads() { return OpenMemory({.threads = 3}); }

// Parts of a thousand rows each, and one whose batch is cut.
std::vector<TableRows> ManyParts(const std::string& table) {
  std::vector<TableRows> parts;
  for (int64_t i = 0; i < 10; ++i) parts.push_back(RowsFor(table, {MakeRows(i * 1'000, 1'000)}));
  parts.push_back(RowsFor(table, {MakeRows(10'000, 20'001)}));
  parts.push_back(RowsFor(table, {MakeRows(30'001, 7)}));
  return parts;
}

TEST(JointAppendTest, LandsManyRowsByAllThreadsInTheirOrder) {
  auto database = OpenWithThreads();
  ASSERT_TRUE(ReadAll(*database,
                      "CREATE TABLE t(name VARCHAR NOT NULL, id BIGINT CHECK (id >= 0), "
                      "kind VARCHAR DEFAULT 'event')")
                  .ok());
  // Taken over as they are, by a table that is empty, and then copied.
  for (int64_t round = 0; round < 3; ++round) {
    const auto outcome = database->AppendTogether(ManyParts("t"));
    ASSERT_TRUE(outcome.status.ok()) << outcome.status;
  }
  EXPECT_EQ(*ReadInt(*database, "SELECT count(*) FROM t"), 3 * 30'008);
  EXPECT_EQ(*ReadInt(*database,
                     "SELECT count(*) FROM t WHERE id = rowid % 30008 AND name = 'row ' || id AND "
                     "kind = 'event'"),
            3 * 30'008);
}

TEST(JointAppendTest, LandsDictionariesByAllThreads) {
  auto database = OpenWithThreads();
  std::vector<std::string> words;
  for (int i = 0; i < 20'000; ++i) words.push_back("word " + std::to_string(i % 50));
  ASSERT_TRUE(ReadAll(*database, "CREATE TABLE t(word VARCHAR)").ok());
  const auto outcome = database->AppendTogether({RowsFor("t", {OneValue("word", Words(words))})});
  ASSERT_TRUE(outcome.status.ok()) << outcome.status;
  EXPECT_EQ(*ReadInt(*database, "SELECT count(*) FROM t WHERE word = 'word ' || rowid % 50"),
            20'000);
}

TEST(JointAppendTest, BlamesTheOnePartWithAValueThatHasNoPlace) {
  auto database = OpenMemory();
  const auto duration = [](int64_t seconds) {
    const auto type = arrow::duration(arrow::TimeUnit::SECOND);
    arrow::DurationBuilder builder(type, arrow::default_memory_pool());
    (void)builder.Append(seconds);
    return OneValue("d", builder.Finish().ValueOrDie());
  };
  const auto outcome = database->AppendTogether({RowsFor("t", {duration(1)}),
                                                 RowsFor("t", {duration(2), duration(INT64_MAX)}),
                                                 RowsFor("t", {duration(3)})});
  EXPECT_EQ(KindOf(outcome.status), ErrorKind::kInvalidInput);
  EXPECT_THAT(outcome.status.message(), HasSubstr("table 't': batch 1, column 'd': value 0"));
  EXPECT_EQ(outcome.guilty_first, 1U);
  EXPECT_EQ(outcome.guilty_count, 1U);
}

TEST(JointAppendTest, LandsMoreThanARowGroupByAllThreads) {
  auto database = OpenWithThreads();
  ASSERT_TRUE(Land(*database, "t", {MakeRows(0, 10)}).ok());
  const auto outcome = database->AppendTogether(
      {RowsFor("t", {MakeRows(10, 150'000)}), RowsFor("t", {MakeRows(150'010, 250'000)})});
  ASSERT_TRUE(outcome.status.ok()) << outcome.status;
  EXPECT_EQ(*ReadInt(*database, "SELECT count(*) FROM t WHERE id = rowid"), 400'010);
}

TEST(JointAppendTest, KeepsTheOrderOfIndexesAndSequences) {
  auto database = OpenWithThreads();
  ASSERT_TRUE(ReadAll(*database,
                      "CREATE SEQUENCE s; CREATE TABLE t(id BIGINT PRIMARY KEY, name VARCHAR); "
                      "CREATE TABLE u(id BIGINT, name VARCHAR, n BIGINT DEFAULT nextval('s'), "
                      "twice AS (id * 2))")
                  .ok());
  auto parts = ManyParts("t");
  for (auto& part : ManyParts("u")) parts.push_back(std::move(part));
  const auto outcome = database->AppendTogether(parts);
  ASSERT_TRUE(outcome.status.ok()) << outcome.status;
  EXPECT_EQ(*ReadInt(*database, "SELECT count(*) FROM t WHERE id = rowid"), 30'008);
  EXPECT_EQ(*ReadInt(*database,
                     "SELECT count(*) FROM u WHERE id = rowid AND n = id + 1 AND "
                     "twice = 2 * id"),
            30'008);
  EXPECT_FALSE(database
                   ->AppendTogether(
                       {RowsFor("t", {MakeRows(30'008, 9'000)}), RowsFor("t", {MakeRows(7, 1)})})
                   .status.ok());
  EXPECT_EQ(*ReadInt(*database, "SELECT count(*) FROM t"), 30'008);
}

TEST(JointAppendTest, RollsAllBackWhenARowOfOneThreadIsRefused) {
  auto database = OpenWithThreads();
  // Rows of the first thread, one in the middle, and the last.
  for (const char* refused : {"3", "15000", "30007"}) {
    SCOPED_TRACE(refused);
    ASSERT_TRUE(
        ReadAll(*database, std::string("CREATE OR REPLACE TABLE t(id BIGINT CHECK (id <> ") +
                               refused + "), name VARCHAR)")
            .ok());
    const auto outcome = database->AppendTogether(ManyParts("t"));
    EXPECT_EQ(KindOf(outcome.status), ErrorKind::kConflict) << outcome.status;
    EXPECT_THAT(outcome.status.message(), HasSubstr("CHECK constraint failed"));
    EXPECT_EQ(outcome.guilty_count, 0U);
    EXPECT_EQ(*ReadInt(*database, "SELECT count(*) FROM t"), 0);
  }
}

TEST(JointAppendTest, LetsDuckDbEstimateDistinctValues) {
  auto database = OpenWithThreads();
  ASSERT_TRUE(ReadAll(*database, "CREATE TABLE t(id BIGINT, name VARCHAR)").ok());
  // Rows that DuckDB takes over as they are, since the table is empty or they are many, and rows
  // that it copies.
  int64_t first = 0;
  for (const int64_t rows : {50'000, 150'000, 1'000, 9'000, 90'000}) {
    const auto outcome = database->AppendTogether({RowsFor("t", {MakeRows(first, rows)})});
    ASSERT_TRUE(outcome.status.ok()) << outcome.status;
    first += rows;
    const auto estimate = ReadInt(
        *database, "SELECT regexp_extract(stats(id), 'Approx Unique: (\\d+)', 1)::BIGINT FROM t");
    ASSERT_TRUE(estimate.ok()) << estimate.status();
    EXPECT_GT(*estimate, first / 2);
    EXPECT_LE(*estimate, first);
  }
}

TEST(JointAppendTest, RefusesViewsAndTypesWithoutAMapping) {
  auto database = OpenMemory();
  ASSERT_TRUE(ReadAll(*database, "CREATE VIEW v AS SELECT 1::BIGINT AS id").ok());
  EXPECT_THAT(database->AppendTogether({RowsFor("v", {MakeRows(0, 1)})}).status.message(),
              HasSubstr("'v' is a view"));
  const auto halves = arrow::MakeArrayOfNull(arrow::float16(), 1).ValueOrDie();
  const auto outcome = database->AppendTogether({RowsFor("t", {OneValue("half", halves)})});
  EXPECT_EQ(KindOf(outcome.status), ErrorKind::kUnsupportedMedia) << outcome.status;
  EXPECT_THAT(outcome.status.message(), HasSubstr("column 'half'"));
}

TEST(JointAppendTest, ChangesTheVersionsOfItsTablesAlone) {
  auto database = OpenMemory();
  ASSERT_TRUE(database->AppendTogether({RowsFor("t", {MakeRows(0, 1)})}).status.ok());
  ASSERT_TRUE(database->AppendTogether({RowsFor("u", {MakeRows(0, 1)})}).status.ok());
  const auto version = [&database](const std::string& table) {
    return database->TableVersion(TableName::Parse(table).ValueOrDie()).ValueOrDie().version;
  };
  const std::string t = version("t");
  const std::string u = version("u");
  ASSERT_TRUE(database->AppendTogether({RowsFor("t", {MakeRows(1, 1)})}).status.ok());
  EXPECT_NE(version("t"), t);
  EXPECT_EQ(version("u"), u);
}

TEST(JointAppendTest, LandsBesideOthersThatMakeAndFillTheSameTable) {
  auto database = OpenMemory();
  constexpr int64_t kThreads = 4;
  constexpr int64_t kRounds = 50;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int64_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&database, t] {
      for (int64_t i = 0; i < kRounds; ++i) {
        const auto outcome = database->AppendTogether({RowsFor("t", {MakeRows(t * 1'000 + i, 1)})});
        EXPECT_TRUE(outcome.status.ok()) << outcome.status;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(*ReadInt(*database, "SELECT count(DISTINCT id) FROM t"), kThreads * kRounds);
}

}  // namespace
}  // namespace arrowport::engine
