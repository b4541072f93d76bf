#include "engine/parsed_text.h"

#include <gtest/gtest.h>

namespace arrowport::engine {
namespace {

using Transaction = ParsedText::Transaction;

TEST(ParsedTextTest, KnowsTransactions) {
  EXPECT_EQ(ParseText("begin").transaction, Transaction::kBegin);
  EXPECT_EQ(ParseText("/* of dbt */ START TRANSACTION;").transaction, Transaction::kBegin);
  EXPECT_EQ(ParseText("COMMIT -- all").transaction, Transaction::kCommit);
  EXPECT_EQ(ParseText("END").transaction, Transaction::kCommit);
  EXPECT_EQ(ParseText("ABORT").transaction, Transaction::kRollBack);
  EXPECT_EQ(ParseText("BEGIN; SELECT 1").transaction, Transaction::kNone);
  EXPECT_TRUE(ParseText("BEGIN; SELECT 1").only_stays);
  EXPECT_EQ(ParseText("SELECT 'begin'").transaction, Transaction::kNone);
}

TEST(ParsedTextTest, KnowsWhatStaysWithAConnection) {
  for (const char* sql : {"SET TimeZone = 'UTC'", "USE memory.main", "PREPARE p AS SELECT 1",
                          "EXECUTE p", "SET VARIABLE x = 1", "SELECT 1; RESET TimeZone"}) {
    EXPECT_TRUE(ParseText(sql).stays) << sql;
    EXPECT_FALSE(ParseText(sql).only_stays) << sql;
  }
  for (const char* sql : {"CREATE TEMP TABLE t(x INT)", "CREATE TEMPORARY VIEW v AS SELECT 1",
                          "CREATE OR REPLACE TEMP TABLE t AS SELECT 1"}) {
    EXPECT_TRUE(ParseText(sql).stays) << sql;
    EXPECT_TRUE(ParseText(sql).only_stays) << sql;
  }
  for (const char* sql : {"SELECT 1", "CREATE TABLE t(x INT)", "INSERT INTO t VALUES (1)",
                          "CREATE VIEW v AS SELECT 1", "DROP TABLE t", "COPY t TO 'x'"}) {
    EXPECT_FALSE(ParseText(sql).stays) << sql;
  }
}

TEST(ParsedTextTest, SaysNothingOfWhatIsNoSql) {
  const ParsedText text = ParseText("SELEC 1");
  EXPECT_EQ(text.statements, 0);
  EXPECT_FALSE(text.stays);
  EXPECT_EQ(ParseText("").statements, 0);
  EXPECT_EQ(ParseText("SELECT 1; SELECT 2;").statements, 2);
}

}  // namespace
}  // namespace arrowport::engine
