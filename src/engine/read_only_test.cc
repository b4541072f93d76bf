#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "engine/database.h"
#include "engine/result_stream.h"
#include "engine/test_batches.h"

namespace arrowport::engine {
namespace {

using ::testing::HasSubstr;
using testing::OpenMemory;
using testing::ReadAll;
using testing::ReadInt;

class ReadOnlyTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(ReadAll(*database_, "CREATE TABLE t AS SELECT 7 AS i").ok());
    ASSERT_TRUE(ReadAll(*database_, "CREATE SEQUENCE s").ok());
  }

  Status Run(const std::string& sql) {
    QueryOptions options;
    options.read_only = true;
    ARROW_ASSIGN_OR_RAISE(const auto stream, database_->Query({sql, {}}, options, {}));
    return ToReader(stream)->ToTable().status();
  }

  const std::shared_ptr<Database> database_ = OpenMemory();
};

TEST_F(ReadOnlyTest, TakesWhatOnlyReads) {
  for (const char* sql :
       {"SELECT * FROM t", "FROM t", "VALUES (1)", "DESCRIBE t", "SHOW TABLES", "SUMMARIZE t",
        "EXPLAIN SELECT * FROM t", "EXPLAIN ANALYZE SELECT * FROM t", "WITH a AS (FROM t) FROM a",
        "SELECT current_setting('threads')"}) {
    const Status status = Run(sql);
    EXPECT_TRUE(status.ok()) << sql << ": " << status;
  }
}

TEST_F(ReadOnlyTest, RefusesWhatMayChangeAnythingAndChangesNothing) {
  for (const char* sql : {"INSERT INTO t VALUES (1)",
                          "DELETE FROM t",
                          "UPDATE t SET i = 1",
                          "DROP TABLE t",
                          "CREATE TABLE u(i INT)",
                          "CREATE VIEW v AS FROM t",
                          "COPY t TO '/dev/null'",
                          "ATTACH ':memory:' AS a",
                          "SET threads = 1",
                          "SET GLOBAL threads = 1",
                          "RESET threads",
                          "PRAGMA threads=1",
                          "CHECKPOINT",
                          "SELECT nextval('s')",
                          "EXPLAIN ANALYZE DELETE FROM t",
                          "BEGIN",
                          "CALL pragma_version()",
                          "LOAD tpch",
                          "INSTALL tpch",
                          "SELECT 1; SELECT 2",
                          "SELECT 1; DROP TABLE t",
                          "PREPARE p AS SELECT 1",
                          "EXPORT DATABASE '/dev/null/x'"}) {
    const Status status = Run(sql);
    EXPECT_EQ(KindOf(status), ErrorKind::kForbidden) << sql << ": " << status;
  }
  EXPECT_EQ(*ReadInt(*database_, "SELECT i FROM t"), 7);
  EXPECT_EQ(*ReadInt(*database_, "SELECT nextval('s')"), 1);
}

TEST_F(ReadOnlyTest, SaysWhatTheStatementIs) {
  EXPECT_THAT(Run("DELETE FROM t").message(), HasSubstr("DELETE"));
}

TEST_F(ReadOnlyTest, LeavesWhatMayWriteAlone) {
  for (const char* sql :
       {"SELECT nextval('s')", "BEGIN; INSERT INTO t VALUES (8); FROM t; COMMIT",
        "INSERT INTO t VALUES (9); SELECT count(*) FROM t", "CALL pragma_version()",
        "BEGIN; FROM t; INSERT INTO t VALUES (10); COMMIT"}) {
    const auto ran = ReadAll(*database_, sql);
    EXPECT_TRUE(ran.ok()) << sql << ": " << ran.status();
  }
  EXPECT_EQ(*ReadInt(*database_, "SELECT count(*) FROM t"), 4);
}

}  // namespace
}  // namespace arrowport::engine
