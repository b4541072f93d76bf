#include "engine/parsed_text.h"

#include <map>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace arrowport::engine {
namespace {

using ::testing::HasSubstr;
using Transaction = ParsedText::Transaction;

TEST(ParsedTextTest, KnowsTransactions) {
  EXPECT_EQ(ParseText("begin").transaction, Transaction::kBegin);
  EXPECT_EQ(ParseText("/* of dbt */ START TRANSACTION;").transaction, Transaction::kBegin);
  EXPECT_EQ(ParseText("COMMIT -- all").transaction, Transaction::kCommit);
  EXPECT_EQ(ParseText("END").transaction, Transaction::kCommit);
  EXPECT_EQ(ParseText("ABORT").transaction, Transaction::kRollBack);
  EXPECT_EQ(ParseText("BEGIN; SELECT 1").transaction, Transaction::kNone);
  EXPECT_EQ(ParseText("SELECT 'begin'").transaction, Transaction::kNone);
}

TEST(ParsedTextTest, KnowsWhatStaysWithAConnection) {
  for (const char* sql : {"SET TimeZone = 'UTC'", "USE memory.main", "PREPARE p AS SELECT 1",
                          "EXECUTE p", "SET VARIABLE x = 1", "SELECT 1; RESET TimeZone"}) {
    EXPECT_TRUE(ParseText(sql).stays) << sql;
  }
  for (const char* sql : {"CREATE TEMP TABLE t(x INT)", "CREATE TEMPORARY VIEW v AS SELECT 1",
                          "CREATE OR REPLACE TEMP TABLE t AS SELECT 1"}) {
    EXPECT_TRUE(ParseText(sql).stays) << sql;
  }
  for (const char* sql : {"SELECT 1", "CREATE TABLE t(x INT)", "INSERT INTO t VALUES (1)",
                          "CREATE VIEW v AS SELECT 1", "DROP TABLE t", "COPY t TO 'x'"}) {
    EXPECT_FALSE(ParseText(sql).stays) << sql;
  }
}

TEST(ParsedTextTest, KnowsWhatIsLostWithItsConnection) {
  const std::map<std::string, std::string> lost = {
      {"create temp table t(x INT)", "temporary table"},
      {"CREATE TABLE temp.t(x INT)", "temporary table"},
      {"CREATE TABLE temp.main.t(x INT)", "temporary table"},
      {"SELECT 1; CREATE OR REPLACE TEMPORARY VIEW v AS SELECT 1;", "temporary table"},
      {"CREATE TEMP MACRO twice(x) AS 2 * x", "temporary table"},
      {"BEGIN", "transaction"},
      {"BEGIN; INSERT INTO t VALUES (1)", "transaction"},
      {"BEGIN; COMMIT; BEGIN TRANSACTION; SELECT 1", "transaction"},
      {"COMMIT", "transaction"},
      {"INSERT INTO t VALUES (1); ROLLBACK", "transaction"},
      {"PREPARE p AS SELECT 1", "prepared statement"},
      {"SET VARIABLE x = 1", "variable"},
      {"SET SESSION threads = 1", "setting threads"},
      {"SET TimeZone = 'UTC'", "setting TimeZone"},
      {"SET pivot_limit = 7", "setting pivot_limit"},
      {"USE other.main", "schema to look in"}};
  for (const auto& [sql, what] : lost) {
    EXPECT_THAT(ParseText(sql).lost, HasSubstr(what)) << sql;
    EXPECT_TRUE(ParseText(sql).stays) << sql;
  }
}

TEST(ParsedTextTest, WhatIsForTheSameTextIsNotLost) {
  for (const char* sql :
       {"CREATE TEMP TABLE t AS SELECT 1; SELECT * FROM t",
        "BEGIN; INSERT INTO t VALUES (1); COMMIT", "BEGIN; ROLLBACK;",
        "SET VARIABLE x = 1; SELECT getvariable('x')", "USE other; FROM t",
        "PREPARE p AS SELECT 1; EXECUTE p", "SET TimeZone = 'UTC'; SELECT now()"}) {
    EXPECT_EQ(ParseText(sql).lost, "") << sql;
  }
  // What is the database's stays there.
  for (const char* sql :
       {"SET threads = 1", "SET GLOBAL TimeZone = 'UTC'", "SET memory_limit = '1GB'",
        "SET default_order = 'desc'", "SET preserve_insertion_order = true", "RESET TimeZone",
        "ATTACH 'x.duckdb' AS x", "LOAD json", "CREATE TABLE t(x INT)", "SET no_such_thing = 1",
        "CREATE TABLE s.temp(x INT)", "SELECT 1", "EXECUTE p", "PRAGMA version"}) {
    EXPECT_EQ(ParseText(sql).lost, "") << sql;
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
