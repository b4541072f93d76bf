#include "engine/database.h"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/call_control.h"
#include "base/error.h"
#include "base/limits.h"
#include "engine/result_stream.h"
#include "engine/test_batches.h"

namespace arrowport::engine {
namespace {

using ::testing::HasSubstr;
using testing::Land;
using testing::MakeRows;
using testing::OpenMemory;
using testing::ReadAll;
using testing::ReadInt;

TEST(QueryTest, AnswersRowsInTheOrderThatSqlAsksFor) {
  auto database = OpenMemory();
  auto table = ReadAll(*database, "SELECT i FROM range(1000000) t(i) ORDER BY i DESC");
  ASSERT_TRUE(table.ok()) << table.status();
  ASSERT_EQ((*table)->num_rows(), 1'000'000);
  int64_t expected = 999'999;
  for (const auto& chunk : (*table)->column(0)->chunks()) {
    const auto& values = static_cast<const arrow::Int64Array&>(*chunk);
    for (int64_t i = 0; i < values.length(); ++i) ASSERT_EQ(values.Value(i), expected--);
  }
}

TEST(QueryTest, KeepsTheInsertionOrderOfAPlainScan) {
  auto database = OpenMemory();
  ASSERT_TRUE(Land(*database, "t", {MakeRows(0, 700'000)}).ok());
  auto table = ReadAll(*database, "FROM t");
  ASSERT_TRUE(table.ok()) << table.status();
  int64_t expected = 0;
  for (const auto& chunk : (*table)->column(0)->chunks()) {
    const auto& values = static_cast<const arrow::Int64Array&>(*chunk);
    for (int64_t i = 0; i < values.length(); ++i) ASSERT_EQ(values.Value(i), expected++);
  }
  EXPECT_EQ(expected, 700'000);
}

TEST(QueryTest, AnswersEveryRowOnceWhenOrderDoesNotMatter) {
  auto database = OpenMemory();
  ASSERT_TRUE(Land(*database, "t", {MakeRows(0, 700'000)}).ok());
  auto table = ReadAll(*database, "SELECT id FROM t", {.ordered = false});
  ASSERT_TRUE(table.ok()) << table.status();
  std::vector<bool> seen(700'000);
  for (const auto& chunk : (*table)->column(0)->chunks()) {
    const auto& values = static_cast<const arrow::Int64Array&>(*chunk);
    for (int64_t i = 0; i < values.length(); ++i) seen[static_cast<size_t>(values.Value(i))] = true;
  }
  EXPECT_EQ((*table)->num_rows(), 700'000);
  EXPECT_THAT(seen, ::testing::Each(true));
}

TEST(QueryTest, TellsAnErrorOfTheStatementBeforeTheStream) {
  auto database = OpenMemory();
  auto stream = database->Query({"SELECT nope", {}}, {}, {});
  ASSERT_FALSE(stream.ok());
  EXPECT_EQ(KindOf(stream.status()), ErrorKind::kInvalidInput);
  EXPECT_THAT(stream.status().message(), HasSubstr("nope"));
  auto missing = database->Query({"FROM missing", {}}, {}, {});
  EXPECT_EQ(KindOf(missing.status()), ErrorKind::kNotFound);
}

TEST(QueryTest, EndsTheStreamWithAnErrorThatComesLate) {
  auto database = OpenMemory();
  auto table = ReadAll(*database,
                       "SELECT CASE WHEN i = 2999999 THEN error('boom') ELSE i::VARCHAR END "
                       "FROM range(3000000) t(i)");
  ASSERT_FALSE(table.ok());
  EXPECT_THAT(table.status().message(), HasSubstr("boom"));
  EXPECT_EQ(KindOf(table.status()), ErrorKind::kInvalidInput);
}

TEST(QueryTest, RunsSeveralStatementsInOrderAndAnswersTheLast) {
  auto database = OpenMemory();
  auto value =
      ReadInt(*database, "CREATE TABLE t(i INT); INSERT INTO t VALUES (7); SELECT i FROM t");
  ASSERT_TRUE(value.ok()) << value.status();
  EXPECT_EQ(*value, 7);
}

TEST(QueryTest, BindsParametersWithTheirTypes) {
  auto database = OpenMemory();
  const Statement statement{
      "SELECT typeof($1), typeof($2), typeof($3), $1 + 1, $2 || 'x'",
      {std::make_shared<arrow::Int32Scalar>(41), std::make_shared<arrow::StringScalar>("a"),
       std::make_shared<arrow::TimestampScalar>(0, arrow::timestamp(arrow::TimeUnit::MICRO))}};
  auto stream = database->Query(statement, {}, {});
  ASSERT_TRUE(stream.ok()) << stream.status();
  auto batch = (*stream)->Next();
  ASSERT_TRUE(batch.ok()) << batch.status();
  EXPECT_EQ((*batch)->column(0)->GetScalar(0).ValueOrDie()->ToString(), "INTEGER");
  EXPECT_EQ((*batch)->column(1)->GetScalar(0).ValueOrDie()->ToString(), "VARCHAR");
  EXPECT_EQ((*batch)->column(2)->GetScalar(0).ValueOrDie()->ToString(), "TIMESTAMP");
  EXPECT_EQ((*batch)->column(3)->GetScalar(0).ValueOrDie()->ToString(), "42");
  EXPECT_EQ((*batch)->column(4)->GetScalar(0).ValueOrDie()->ToString(), "ax");
}

TEST(QueryTest, AnswersValuesOfEveryTypeUnchangedWithNullsBetweenThem) {
  auto database = OpenMemory();
  // A wrong width would not only be a wrong answer: DuckDB gives up the database over it.
  for (const char* type :
       {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER",
        "UBIGINT", "UHUGEINT", "FLOAT", "DOUBLE", "DECIMAL(4,1)", "DECIMAL(9,1)", "DECIMAL(18,1)",
        "DECIMAL(38,1)", "VARCHAR", "BOOLEAN", "VARCHAR[]"}) {
    const std::string value = std::string(type).ends_with(']')       ? "[i % 2, i % 2]"
                              : std::string(type).starts_with("DEC") ? "(i % 100) + 0.5"
                                                                     : "i % 2";
    const std::string sql = "SELECT CASE WHEN i % 3 = 0 THEN NULL ELSE (" + value + ")::" + type +
                            " END v FROM range(10000) t(i)";
    auto table = ReadAll(*database, sql);
    ASSERT_TRUE(table.ok()) << type << table.status();
    EXPECT_TRUE((*table)->ValidateFull().ok()) << type;
    EXPECT_EQ((*table)->num_rows(), 10'000) << type;
    EXPECT_EQ((*table)->column(0)->null_count(), 3'334) << type;
  }
  EXPECT_EQ(*ReadInt(*database, "SELECT 255::UTINYINT"), 255);
  const auto too_large =
      ReadAll(*database, "SELECT 170141183460469231731687303715884105728::UHUGEINT");
  EXPECT_EQ(KindOf(too_large.status()), ErrorKind::kInvalidInput);
  EXPECT_THAT(too_large.status().message(), HasSubstr("cast the column to VARCHAR"));
  EXPECT_EQ(*ReadInt(*database, "SELECT 4294967295::UINTEGER"), 4'294'967'295);
}

TEST(QueryTest, HoldsNoMoreThanItsBoundForAReaderThatTakesNothing) {
  auto database = OpenMemory({.result_bytes_max = 8 * kMiB});
  auto stream = database->Query({"SELECT i, i::VARCHAR FROM range(20000000) t(i)", {}}, {}, {});
  ASSERT_TRUE(stream.ok()) << stream.status();
  auto first = (*stream)->Next();
  ASSERT_TRUE(first.ok());
  int64_t held_before = -1;
  int64_t held = database->counters().result_bytes_held;
  // The queue is full when what it holds has stopped growing.
  for (int i = 0; i < 200 && (held != held_before || held == 0); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    held_before = held;
    held = database->counters().result_bytes_held;
  }
  EXPECT_GT(held, 0);
  EXPECT_LE(held, 8 * kMiB + 2 * limits::kResultBatchBytes);
  auto rest = ToReader(*stream)->ToTable();
  ASSERT_TRUE(rest.ok()) << rest.status();
  EXPECT_EQ((*rest)->num_rows() + (*first)->num_rows(), 20'000'000);
}

TEST(QueryTest, LetsGoOfEverythingWhenTheStreamIsDropped) {
  auto database = OpenMemory();
  {
    auto stream = database->Query({"SELECT i, i::VARCHAR FROM range(200000000) t(i)", {}}, {}, {});
    ASSERT_TRUE(stream.ok());
    ASSERT_TRUE((*stream)->Next().ok());
  }
  EXPECT_EQ(database->counters().running_queries, 0);
  EXPECT_EQ(database->counters().result_bytes_held, 0);
  EXPECT_TRUE(database->Close().ok());
}

TEST(QueryTest, EndsAtItsDeadlineWhereverItIs) {
  auto database = OpenMemory();
  CallControl control;
  control.deadline = Clock::now() + std::chrono::milliseconds(150);
  auto stream = database->Query(
      {"SELECT count(*) FROM range(100000000) a(i), range(1000) b(j) WHERE i % 7 = j % 5", {}}, {},
      control);
  Status status = stream.status();
  if (stream.ok()) status = (*stream)->Next().status();
  EXPECT_EQ(KindOf(status), ErrorKind::kDeadlineExceeded) << status;
}

TEST(QueryTest, EndsWhenItsCallerAsksToStop) {
  auto database = OpenMemory();
  std::stop_source source;
  CallControl control;
  control.stop = source.get_token();
  auto stream =
      database->Query({"SELECT i, i::VARCHAR FROM range(200000000) t(i)", {}}, {}, control);
  ASSERT_TRUE(stream.ok()) << stream.status();
  ASSERT_TRUE((*stream)->Next().ok());
  source.request_stop();
  auto rest = ToReader(*stream)->ToTable();
  EXPECT_EQ(KindOf(rest.status()), ErrorKind::kCancelled) << rest.status();
}

TEST(QueryTest, FeedsSeveralReadersWithEveryRowOnce) {
  auto database = OpenMemory();
  auto stream = database->Query({"SELECT i FROM range(3000000) t(i)", {}}, {}, {});
  ASSERT_TRUE(stream.ok());
  std::atomic<int64_t> rows = 0;
  std::vector<std::thread> readers;
  readers.reserve(4);
  for (int i = 0; i < 4; ++i) {
    readers.emplace_back([&] {
      for (;;) {
        auto batch = (*stream)->Next();
        if (!batch.ok() || *batch == nullptr) return;
        rows += (*batch)->num_rows();
      }
    });
  }
  for (auto& reader : readers) reader.join();
  EXPECT_EQ(rows, 3'000'000);
}

TEST(QueryTest, BatchesOutliveTheDatabase) {
  std::shared_ptr<arrow::Table> table;
  {
    auto database = OpenMemory();
    table = ReadAll(*database, "SELECT i, 'text ' || i AS t FROM range(10000) t(i)").ValueOrDie();
  }
  EXPECT_TRUE(table->ValidateFull().ok());
  EXPECT_EQ(table->column(1)->GetScalar(9'999).ValueOrDie()->ToString(), "text 9999");
}

TEST(QueryTest, CutsBatchesOfWideRowsByBytes) {
  auto database = OpenMemory();
  auto stream = database->Query({"SELECT repeat('x', 300000) FROM range(100)", {}}, {}, {});
  ASSERT_TRUE(stream.ok());
  int64_t rows = 0;
  for (;;) {
    auto batch = (*stream)->Next();
    ASSERT_TRUE(batch.ok()) << batch.status();
    if (*batch == nullptr) break;
    rows += (*batch)->num_rows();
    EXPECT_LE((*batch)->num_rows(), limits::kResultBatchBytes / 300'000 + 1);
  }
  EXPECT_EQ(rows, 100);
}

TEST(DatabaseTest, ListsAndDescribesTables) {
  auto database = OpenMemory();
  ASSERT_TRUE(Land(*database, "trips", {MakeRows(0, 10)}).ok());
  ASSERT_TRUE(ReadAll(*database, "CREATE VIEW v AS SELECT id FROM trips").ok());
  auto tables = database->ListTables({});
  ASSERT_TRUE(tables.ok()) << tables.status();
  ASSERT_EQ(tables->size(), 2U);
  EXPECT_EQ((*tables)[0].name.ToString(), "trips");
  EXPECT_EQ((*tables)[0].rows, 10);
  EXPECT_TRUE((*tables)[1].is_view);
  auto info = database->DescribeTable({"", "", "trips"}, {});
  ASSERT_TRUE(info.ok()) << info.status();
  EXPECT_EQ(info->schema->ToString(), "id: int64\nname: string");
  auto missing = database->DescribeTable({"", "", "nope"}, {});
  EXPECT_EQ(KindOf(missing.status()), ErrorKind::kNotFound);
}

TEST(DatabaseTest, DescribesTablesOfGeometriesWithACoordinateSystem) {
  auto database = OpenMemory();
  ASSERT_TRUE(ReadAll(*database,
                      "CREATE TABLE g AS SELECT 'POINT(1 2)'::GEOMETRY('OGC:CRS84') AS p, "
                      "['POINT(1 2)'::GEOMETRY('OGC:CRS84')] AS l")
                  .ok());
  auto info = database->DescribeTable(TableName::Parse("g").ValueOrDie(), {});
  ASSERT_TRUE(info.ok()) << info.status();
  EXPECT_EQ(info->rows, 1);
  EXPECT_EQ(database->ListTables({})->size(), 1U);
  // And what comes out may go in again.
  auto rows = ReadAll(*database, "SELECT p FROM g");
  ASSERT_TRUE(rows.ok()) << rows.status();
  ASSERT_TRUE(Land(*database, "copy", {(*rows)->CombineChunksToBatch().ValueOrDie()}).ok());
  EXPECT_EQ(*ReadInt(*database, "SELECT count(*) FROM copy JOIN g ON copy.p = g.p"), 1);
}

TEST(DatabaseTest, TellsOfColumnsThatArrowHasNoTypeFor) {
  auto database = OpenMemory();
  ASSERT_TRUE(ReadAll(*database, "CREATE TABLE t AS SELECT 1 AS i, 42::VARIANT AS v").ok());
  ASSERT_TRUE(ReadAll(*database, "CREATE VIEW w AS FROM t").ok());
  EXPECT_EQ(database->ListTables({})->size(), 2U);
  for (const std::string name : {"t", "w"}) {
    auto info = database->DescribeTable({"", "", name}, {});
    ASSERT_TRUE(info.ok()) << info.status();
    EXPECT_THAT(info->schema->field(1)->type()->ToString(), HasSubstr("type_name=VARIANT"));
  }
  const Status read = ReadAll(*database, "FROM t").status();
  EXPECT_EQ(KindOf(read), ErrorKind::kNotImplemented);
  EXPECT_THAT(read.message(), HasSubstr("column 'v': "));
  EXPECT_THAT(read.message(), HasSubstr("cast it in SQL"));
}

TEST(QueryTest, RefusesIntervalsThatArrowHasNoRoomFor) {
  auto database = OpenMemory();
  for (const std::string sql :
       {"SELECT to_years(0) + to_hours(3000000) AS i", "SELECT [{'i': to_hours(-3000000)}] AS i"}) {
    EXPECT_THAT(ReadAll(*database, sql).status().message(), HasSubstr("over 292 years of time"))
        << sql;
  }
  EXPECT_TRUE(ReadAll(*database, "SELECT [{'i': to_hours(2000000)}, NULL] AS i").ok());
}

TEST(DatabaseTest, TakesMoreThreadsWhileItRunsAndSaysWhyNotFewer) {
  const auto database = Database::Open({.path = ":memory:", .threads = 2}).ValueOrDie();
  EXPECT_TRUE(ReadAll(*database, "SET threads = 3").ok());
  EXPECT_EQ(ReadInt(*database, "SELECT current_setting('threads')"), 3);
  const Status fewer = ReadAll(*database, "SET threads = 1").status();
  EXPECT_EQ(KindOf(fewer), ErrorKind::kInvalidInput);
  EXPECT_THAT(fewer.message(), HasSubstr("option 'threads'"));
}

// Connections are used again.
TEST(DatabaseTest, LeavesNothingOfAStatementToTheNext) {
  const auto database = OpenMemory();
  EXPECT_EQ(ReadInt(*database, "SELECT 42"), 42);
  EXPECT_TRUE(ReadAll(*database, "CREATE TEMP TABLE mine AS SELECT 1 AS i").ok());
  EXPECT_EQ(KindOf(ReadAll(*database, "FROM mine").status()), ErrorKind::kNotFound);
  EXPECT_TRUE(ReadAll(*database, "SET SESSION default_null_order = 'nulls_first'").ok());
  EXPECT_TRUE(ReadAll(*database, "SET VARIABLE mine = 1; SELECT getvariable('mine')").ok());
  EXPECT_EQ(ReadInt(*database, "SELECT (getvariable('mine') IS NULL)::INT"), 1);
  EXPECT_EQ(KindOf(ReadAll(*database, "SELECT error('no') FROM range(3)").status()),
            ErrorKind::kInvalidInput);
  EXPECT_EQ(ReadInt(*database, "SELECT i FROM (VALUES (1), (NULL)) t(i) ORDER BY i LIMIT 1"), 1);
}

TEST(DatabaseTest, RefusesCallsAfterItWasClosed) {
  auto database = OpenMemory();
  auto stream = database->Query({"SELECT i, i::VARCHAR FROM range(200000000) t(i)", {}}, {}, {});
  ASSERT_TRUE(stream.ok());
  ASSERT_TRUE(database->Close().ok());
  EXPECT_EQ(KindOf((*stream)->Next().status()), ErrorKind::kUnavailable);
  EXPECT_EQ(KindOf(database->Query({"SELECT 1", {}}, {}, {}).status()), ErrorKind::kUnavailable);
  EXPECT_EQ(KindOf(database->ListTables({}).status()), ErrorKind::kUnavailable);
}

TEST(DatabaseTest, KeepsWhatWasLandedInItsFile) {
  const auto path = std::filesystem::temp_directory_path() / "arrowport_database_test.duckdb";
  std::filesystem::remove(path);
  for (int64_t round = 0; round < 2; ++round) {
    auto database = OpenMemory({.path = path.string()});
    ASSERT_TRUE(Land(*database, "t", {MakeRows(round * 10, 10)}).ok());
    EXPECT_EQ(*ReadInt(*database, "SELECT count(*) FROM t"), (round + 1) * 10);
  }
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace arrowport::engine
