#include "engine/execute_many.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/call_control.h"
#include "base/error.h"
#include "engine/test_batches.h"

namespace arrowport::engine {
namespace {

using ::testing::HasSubstr;
using testing::MakeRows;
using testing::OpenMemory;
using testing::ReadAll;
using testing::ReadInt;

class ExecuteManyTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(ReadAll(*database_, "CREATE TABLE t(id BIGINT PRIMARY KEY, name VARCHAR)").ok());
  }

  int64_t Rows() { return ReadInt(*database_, "SELECT count(*) FROM t").ValueOr(-1); }

  std::shared_ptr<Database> database_ = OpenMemory();
};

TEST_F(ExecuteManyTest, RunsOnceForEachRow) {
  const auto changed =
      database_->ExecuteMany("INSERT INTO t VALUES (?, ?)", {MakeRows(0, 3), MakeRows(3, 2)}, {});
  ASSERT_TRUE(changed.ok()) << changed.status();
  EXPECT_EQ(*changed, 5);
  EXPECT_EQ(
      *database_->ExecuteMany("DELETE FROM t WHERE id < ? AND name <> ?", {MakeRows(2, 1)}, {}), 2);
  EXPECT_EQ(Rows(), 3);
  EXPECT_EQ(*database_->ExecuteMany("INSERT INTO t VALUES (?, ?)", {}, {}), 0);
}

TEST_F(ExecuteManyTest, ChangesNothingWhereARowFails) {
  const auto refused =
      database_->ExecuteMany("INSERT INTO t VALUES (?, ?)", {MakeRows(0, 3), MakeRows(2, 1)}, {});
  EXPECT_EQ(KindOf(refused.status()), ErrorKind::kConflict);
  EXPECT_THAT(refused.status().message(), HasSubstr("row 3 of the parameters: Constraint Error"));
  EXPECT_EQ(Rows(), 0);
}

TEST_F(ExecuteManyTest, TellsOtherVersionsOfTheTable) {
  const TableName table{.catalog = "", .schema = "", .name = "t"};
  const std::string before = database_->TableVersion(table)->version;
  ASSERT_TRUE(database_->ExecuteMany("INSERT INTO t VALUES (?, ?)", {MakeRows(0, 3)}, {}).ok());
  EXPECT_NE(database_->TableVersion(table)->version, before);
}

TEST_F(ExecuteManyTest, TakesOneStatementThatIsNoTransaction) {
  for (const std::string sql : {"SELECT 1; SELECT 2", "", "BEGIN"}) {
    const auto refused = database_->ExecuteMany(sql, {MakeRows(0, 1)}, {});
    EXPECT_EQ(KindOf(refused.status()), ErrorKind::kInvalidInput) << sql << refused.status();
  }
}

TEST_F(ExecuteManyTest, EndsAtItsDeadline) {
  const CallControl control{.deadline = Clock::now() + std::chrono::milliseconds(50), .stop = {}};
  const auto late = database_->ExecuteMany(
      "INSERT INTO t SELECT sum(a.range * b.range) + ?, ? FROM range(10000000) a, range(10000000) "
      "b",
      {MakeRows(0, 2)}, control);
  EXPECT_EQ(KindOf(late.status()), ErrorKind::kDeadlineExceeded) << late.status();
  EXPECT_EQ(Rows(), 0);
}

TEST_F(ExecuteManyTest, EndsWhenItsCallerStops) {
  std::stop_source stop;
  stop.request_stop();
  const auto stopped = database_->ExecuteMany("INSERT INTO t VALUES (?, ?)", {MakeRows(0, 2)},
                                              {.deadline = {}, .stop = stop.get_token()});
  EXPECT_EQ(KindOf(stopped.status()), ErrorKind::kCancelled) << stopped.status();
  EXPECT_EQ(Rows(), 0);
}

TEST_F(ExecuteManyTest, WhatIsDescribedTellsWritesAndParameters) {
  const auto described = [this](const std::string& sql) {
    return database_->DescribeQuery({.sql = sql, .parameters = {}}, {}, {}).ValueOrDie();
  };
  const auto query = described("SELECT * FROM t WHERE id = $1");
  EXPECT_FALSE(query.writes);
  EXPECT_TRUE(query.returns_rows);
  EXPECT_EQ(query.parameters->ToString(), "1: int64");
  const auto insert = described("INSERT INTO t VALUES (?, ?)");
  EXPECT_TRUE(insert.writes);
  EXPECT_FALSE(insert.returns_rows);
  EXPECT_EQ(insert.parameters->ToString(), "1: int64\n2: string");
  const auto returning = described("INSERT INTO t VALUES (1, 'a') RETURNING id");
  EXPECT_TRUE(returning.writes);
  EXPECT_TRUE(returning.returns_rows);
  const auto table = described("CREATE TABLE u AS SELECT 1 AS i");
  EXPECT_TRUE(table.writes);
  EXPECT_FALSE(table.returns_rows);
  EXPECT_EQ(Rows(), 0);
}

ParameterRows Once() {
  return {arrow::RecordBatch::Make(arrow::schema({}), 1, arrow::ArrayVector())};
}

TEST_F(ExecuteManyTest, RunsSeveralStatementsInOneTransaction) {
  EXPECT_EQ(*database_->ExecuteMany("INSERT INTO t VALUES (1, 'a'); CREATE TABLE u AS FROM t; "
                                    "DELETE FROM t; INSERT INTO u VALUES (2, 'b'), (3, 'c')",
                                    Once(), {}),
            5);
  EXPECT_EQ(Rows(), 0);
  EXPECT_EQ(*ReadInt(*database_, "SELECT count(*) FROM u"), 3);
  const auto refused =
      database_->ExecuteMany("DELETE FROM u; INSERT INTO t VALUES ('x', 'y')", Once(), {});
  EXPECT_EQ(KindOf(refused.status()), ErrorKind::kInvalidInput);
  EXPECT_EQ(*ReadInt(*database_, "SELECT count(*) FROM u"), 3);
  EXPECT_EQ(
      KindOf(
          database_->ExecuteMany("DELETE FROM u; DELETE FROM t WHERE id = ?", {MakeRows(0, 1)}, {})
              .status()),
      ErrorKind::kInvalidInput);
}

TEST_F(ExecuteManyTest, CountsTheRowsOfATableThatItMakes) {
  EXPECT_EQ(*database_->ExecuteMany("CREATE TABLE made AS FROM range(7)", Once(), {}), 7);
  EXPECT_EQ(*database_->ExecuteMany("CREATE TABLE empty(x INTEGER)", Once(), {}), 0);
}

}  // namespace
}  // namespace arrowport::engine
