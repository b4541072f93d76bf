#include "engine/session.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/call_control.h"
#include "base/error.h"
#include "engine/database.h"
#include "engine/result_stream.h"
#include "engine/test_batches.h"

namespace arrowport::engine {
namespace {

using ::testing::HasSubstr;
using testing::MakeRows;
using testing::OpenMemory;
using testing::ReadInt;

class SessionTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(session_.ok()) << session_.status();
    ASSERT_TRUE(Run("CREATE TABLE t(id BIGINT PRIMARY KEY, name VARCHAR)").ok());
  }

  Session& session() { return **session_; }

  Status Run(const std::string& sql) {
    auto rows = session().Query({.sql = sql, .parameters = {}}, {}, {});
    if (!rows.ok()) return rows.status();
    return ToReader(*rows)->ToTable().status();
  }

  /// A transaction with a row of its own in `t`, that a statement of it has ended.
  void BeginAndFail(const std::string& failing = "INSERT INTO t VALUES (1, 'b'), (1, 'c')") {
    ASSERT_EQ(session().Begin({}), Status::OK());
    ASSERT_EQ(Run("INSERT INTO t VALUES (100, 'a')"), Status::OK());
    ASSERT_FALSE(Run(failing).ok());
    ASSERT_EQ(KindOf(Run("SELECT 1")), ErrorKind::kConflict);
  }

  /// Runs `sql` once, as an update.
  Status Update(const std::string& sql) {
    const auto once = arrow::RecordBatch::Make(arrow::schema({}), 1, arrow::ArrayVector());
    return session().ExecuteMany(sql, {once}, {}).status();
  }

  Result<int64_t> Int(const std::string& sql) {
    ARROW_ASSIGN_OR_RAISE(auto rows, session().Query({.sql = sql, .parameters = {}}, {}, {}));
    ARROW_ASSIGN_OR_RAISE(const auto table, ToReader(rows)->ToTable());
    ARROW_ASSIGN_OR_RAISE(const auto value, table->column(0)->GetScalar(0));
    return static_cast<const arrow::Int64Scalar&>(*value).value;
  }

  Result<int64_t> Append(const std::string& table, int64_t rows,
                         const SessionAppendOptions& options = {}) {
    const auto batch = MakeRows(0, rows);
    ARROW_ASSIGN_OR_RAISE(auto append,
                          session().BeginAppend({.catalog = {}, .schema = {}, .name = table},
                                                batch->schema(), options, {}));
    ARROW_RETURN_NOT_OK(append->WriteBlocking(batch));
    return append->FinishBlocking();
  }

  int64_t RowsForOthers() { return ReadInt(*database_, "SELECT count(*) FROM t").ValueOr(-1); }

  std::shared_ptr<Database> database_ = OpenMemory();
  Result<std::shared_ptr<Session>> session_ = database_->OpenSession();
};

TEST_F(SessionTest, KeepsWhatBelongsToAConnection) {
  ASSERT_TRUE(Run("CREATE TEMP TABLE mine AS SELECT 7::BIGINT AS x").ok());
  ASSERT_TRUE(session().Set("TimeZone", "Asia/Tokyo", {}).ok());
  ASSERT_TRUE(Run("CREATE SCHEMA s").ok());
  ASSERT_EQ(session().UseSchema("", "s", {}), Status::OK());
  EXPECT_EQ(*Int("SELECT x FROM mine"), 7);
  EXPECT_EQ(*Int("SELECT (current_setting('TimeZone') = 'Asia/Tokyo')::BIGINT"), 1);
  const auto place = session().CurrentSchema({});
  ASSERT_TRUE(place.ok()) << place.status();
  EXPECT_EQ(place->schema, "s");
  EXPECT_EQ(place->catalog, "memory");
  EXPECT_FALSE(ReadInt(*database_, "SELECT x FROM mine").ok());
  EXPECT_FALSE(session().Set("TimeZone", "No/Where", {}).ok());
  EXPECT_FALSE(session().UseSchema("", "missing", {}).ok());
}

TEST_F(SessionTest, ATransactionIsSeenByOthersWhenItIsCommitted) {
  ASSERT_TRUE(session().Begin({}).ok());
  ASSERT_TRUE(Run("INSERT INTO t VALUES (100, 'a')").ok());
  EXPECT_EQ(*session().ExecuteMany("INSERT INTO t VALUES (?, ?)", {MakeRows(0, 3)}, {}), 3);
  EXPECT_EQ(*Int("SELECT count(*) FROM t"), 4);
  EXPECT_EQ(RowsForOthers(), 0);
  ASSERT_TRUE(session().Commit({}).ok());
  EXPECT_EQ(RowsForOthers(), 4);
  EXPECT_EQ(KindOf(session().Commit({})), ErrorKind::kConflict);
}

TEST_F(SessionTest, RollsBackWhatItIsTold) {
  ASSERT_TRUE(session().Begin({}).ok());
  EXPECT_FALSE(session().Begin({}).ok());
  EXPECT_EQ(*Append("t", 5), 5);
  ASSERT_TRUE(Run("CREATE TABLE other AS FROM t").ok());
  ASSERT_TRUE(session().RollBack({}).ok());
  EXPECT_EQ(RowsForOthers(), 0);
  EXPECT_FALSE(*session().HasTable({.catalog = {}, .schema = {}, .name = "other"}, {}));
}

TEST_F(SessionTest, ATableOfTheTransactionTakesRows) {
  ASSERT_TRUE(session().Begin({}).ok());
  EXPECT_EQ(*Append("fresh", 5), 5);
  EXPECT_EQ(*Append("fresh", 2), 2);
  EXPECT_EQ(*Int("SELECT count(*) FROM fresh"), 7);
  EXPECT_FALSE(ReadInt(*database_, "SELECT count(*) FROM fresh").ok());
  ASSERT_TRUE(session().Commit({}).ok());
  EXPECT_EQ(*ReadInt(*database_, "SELECT count(*) FROM fresh"), 7);
}

TEST_F(SessionTest, WhatFailsHalfWayCanOnlyBeRolledBack) {
  ASSERT_TRUE(session().Begin({}).ok());
  ASSERT_TRUE(Run("INSERT INTO t VALUES (100, 'a')").ok());
  ASSERT_FALSE(session()
                   .ExecuteMany("INSERT INTO t VALUES (?, ?)", {MakeRows(0, 3), MakeRows(2, 1)}, {})
                   .ok());
  const Status next = Run("SELECT 1");
  EXPECT_EQ(KindOf(next), ErrorKind::kConflict);
  EXPECT_THAT(next.message(), HasSubstr("rolled back"));
  EXPECT_EQ(KindOf(session().Commit({})), ErrorKind::kConflict);
  EXPECT_EQ(RowsForOthers(), 0);
  // And it goes on.
  ASSERT_TRUE(Run("INSERT INTO t VALUES (1, 'a')").ok());
  EXPECT_EQ(RowsForOthers(), 1);
}

// By whichever way a client takes: one that describes, prepares, queries or only changes.
TEST_F(SessionTest, AnAbortedTransactionIsLeftByText) {
  for (const std::string sql :
       {"ROLLBACK", "rollback;", "ABORT", "ROLLBACK TRANSACTION",
        "/* back */ ROLLBACK WORK -- to the start\n;;", " \n\tRollback ; "}) {
    BeginAndFail();
    const auto described = session().DescribeQuery({.sql = sql, .parameters = {}}, {}, {});
    EXPECT_TRUE(described.ok()) << sql << described.status();
    EXPECT_EQ(KindOf(Run("SELECT 1")), ErrorKind::kConflict) << sql;
    EXPECT_EQ(Run(sql), Status::OK()) << sql;
    EXPECT_FALSE(*session().InTransaction({})) << sql;
    EXPECT_EQ(*Int("SELECT count(*) FROM t"), 0) << sql;

    BeginAndFail();
    EXPECT_EQ(Update(sql), Status::OK()) << sql;
    EXPECT_FALSE(*session().InTransaction({})) << sql;
    EXPECT_EQ(*Int("SELECT count(*) FROM t"), 0) << sql;
  }
}

TEST_F(SessionTest, ATextThatBeginsWithARollbackGoesOnWithoutTheTransaction) {
  BeginAndFail();
  EXPECT_EQ(*Int("ROLLBACK; SELECT 7::BIGINT"), 7);
  EXPECT_FALSE(*session().InTransaction({}));
  BeginAndFail();
  EXPECT_EQ(*session().ExecuteMany("ROLLBACK; INSERT INTO t VALUES (1, 'a')", {}, {}), 1);
  EXPECT_EQ(RowsForOthers(), 1);
  // A transaction that the text begins is another one.
  BeginAndFail();
  ASSERT_EQ(Run("ROLLBACK; BEGIN; INSERT INTO t VALUES (2, 'b')"), Status::OK());
  EXPECT_TRUE(*session().InTransaction({}));
  EXPECT_EQ(*Int("SELECT count(*) FROM t"), 2);
  EXPECT_EQ(session().Commit({}), Status::OK());
  EXPECT_EQ(RowsForOthers(), 2);
}

TEST_F(SessionTest, AnAbortedTransactionTakesWhatDuckDbTakesInOne) {
  BeginAndFail();
  for (const char* sql :
       {"SELECT 1", "SELECT 1; ROLLBACK", "BEGIN", "INSERT INTO t VALUES (7, 'a')",
        "SET TimeZone = 'UTC'", "EXPLAIN SELECT 1", "CHECKPOINT"}) {
    const Status refused = Run(sql);
    EXPECT_EQ(KindOf(refused), ErrorKind::kConflict) << sql << refused;
    EXPECT_THAT(refused.message(), HasSubstr("rolled back, since a statement of it failed"));
    EXPECT_TRUE(*session().InTransaction({})) << sql;
  }
  EXPECT_EQ(Run("PREPARE p AS SELECT 1"), Status::OK());
  EXPECT_EQ(Run("DEALLOCATE p"), Status::OK());
  EXPECT_EQ(session().RollBack({}), Status::OK());
}

// DuckDB itself would answer that all was well.
TEST_F(SessionTest, ACommitOfAnAbortedTransactionSaysThatItIsRolledBack) {
  for (const char* failing : {"SELECT CAST('x' || i AS BIGINT) FROM range(1) r(i)",
                              "INSERT INTO t VALUES (1, ''), (1, '')"}) {
    BeginAndFail(failing);
    EXPECT_EQ(KindOf(session().Commit({})), ErrorKind::kConflict);
    EXPECT_FALSE(*session().InTransaction({}));
    BeginAndFail(failing);
    EXPECT_EQ(KindOf(Run("COMMIT; SELECT 1")), ErrorKind::kConflict);
    EXPECT_FALSE(*session().InTransaction({}));
    BeginAndFail(failing);
    EXPECT_EQ(KindOf(session().ExecuteMany("COMMIT; SELECT 1", {}, {}).status()),
              ErrorKind::kConflict);
    EXPECT_FALSE(*session().InTransaction({}));
  }
  EXPECT_EQ(RowsForOthers(), 0);
}

// It would end each query after it in a fault of DuckDB's.
TEST_F(SessionTest, TheVerificationOfStatementsIsRefused) {
  for (const char* sql : {"PRAGMA enable_verification", "pragma Enable_Verification; SELECT 1"}) {
    EXPECT_EQ(KindOf(Run(sql)), ErrorKind::kNotImplemented) << sql;
    EXPECT_EQ(KindOf(Update(sql)), ErrorKind::kNotImplemented) << sql;
    EXPECT_EQ(*Int("SELECT 7::BIGINT"), 7);
  }
}

TEST_F(SessionTest, AStatementThatCannotBePlannedLeavesTheTransactionAsItWas) {
  ASSERT_TRUE(session().Begin({}).ok());
  ASSERT_TRUE(Run("INSERT INTO t VALUES (100, 'a')").ok());
  EXPECT_FALSE(Run("SELECT nothing FROM nowhere").ok());
  EXPECT_FALSE(Run("SELEC").ok());
  ASSERT_TRUE(session().Commit({}).ok());
  EXPECT_EQ(RowsForOthers(), 1);
}

TEST_F(SessionTest, AResultThatIsGivenUpLeavesTheTransactionAsItWas) {
  ASSERT_TRUE(session().Begin({}).ok());
  ASSERT_TRUE(Run("INSERT INTO t VALUES (100, 'a')").ok());
  {
    auto rows = session().Query(
        {.sql = "SELECT i, hash(i) AS h FROM range(100000000) t(i)", .parameters = {}}, {}, {});
    ASSERT_TRUE(rows.ok()) << rows.status();
    ASSERT_TRUE((*rows)->Next().ok());
  }
  EXPECT_EQ(*Int("SELECT count(*) FROM t"), 1);
  ASSERT_TRUE(session().Commit({}).ok());
  EXPECT_EQ(RowsForOthers(), 1);
}

TEST_F(SessionTest, TheNextStatementWaitsForTheOneBefore) {
  auto rows = session().Query(
      {.sql = "SELECT i, hash(i) AS h FROM range(100000000) t(i)", .parameters = {}}, {}, {});
  ASSERT_TRUE(rows.ok()) << rows.status();
  const CallControl soon = {.deadline = Clock::now() + std::chrono::milliseconds(20), .stop = {}};
  EXPECT_EQ(KindOf(session().Begin(soon)), ErrorKind::kDeadlineExceeded);
  std::stop_source stopped;
  stopped.request_stop();
  EXPECT_EQ(KindOf(session().Begin({.deadline = {}, .stop = stopped.get_token()})),
            ErrorKind::kCancelled);
  rows->reset();
  EXPECT_TRUE(session().Begin({}).ok());
}

TEST_F(SessionTest, ReplacesATableOrKeepsIt) {
  ASSERT_TRUE(Run("INSERT INTO t VALUES (100, 'a')").ok());
  EXPECT_EQ(*Append("t", 5, {.replace = true}), 5);
  EXPECT_EQ(RowsForOthers(), 5);
  // Its key is gone: it is another table.
  EXPECT_EQ(*Append("t", 5), 5);
  {
    const auto batch = MakeRows(0, 2);
    auto append = session().BeginAppend({.catalog = {}, .schema = {}, .name = "t"}, batch->schema(),
                                        {.replace = true}, {});
    ASSERT_TRUE(append.ok()) << append.status();
    ASSERT_TRUE((*append)->WriteBlocking(batch).ok());
  }
  EXPECT_EQ(RowsForOthers(), 10);
  EXPECT_TRUE(session().Begin({}).ok());
}

TEST_F(SessionTest, ATemporaryTableGoesWithTheSession) {
  EXPECT_EQ(*Append("passing", 5, {.temporary = true}), 5);
  EXPECT_EQ(*Append("passing", 2, {.temporary = true}), 2);
  EXPECT_EQ(*Append("passing", 3, {.replace = true, .temporary = true}), 3);
  EXPECT_EQ(*Int("SELECT count(*) FROM passing"), 3);
  EXPECT_FALSE(ReadInt(*database_, "SELECT count(*) FROM passing").ok());
  const auto elsewhere = session().BeginAppend({.catalog = {}, .schema = "main2", .name = "x"},
                                               MakeRows(0, 1)->schema(), {.temporary = true}, {});
  EXPECT_EQ(KindOf(elsewhere.status()), ErrorKind::kInvalidInput);
}

TEST_F(SessionTest, IsOfNoUseOnceTheDatabaseIsClosed) {
  ASSERT_TRUE(session().Begin({}).ok());
  ASSERT_TRUE(Run("INSERT INTO t VALUES (100, 'a')").ok());
  ASSERT_TRUE(database_->Close().ok());
  EXPECT_EQ(KindOf(Run("SELECT 1")), ErrorKind::kUnavailable);
  EXPECT_EQ(KindOf(session().Commit({})), ErrorKind::kUnavailable);
}

}  // namespace
}  // namespace arrowport::engine
