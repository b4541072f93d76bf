#include "cli/sql_text.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace arrowport::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(SqlTextTest, ASemicolonEndsAStatement) {
  const SqlStatements two = SplitSql(" SELECT 1;\nSELECT\n2 ; ");
  EXPECT_THAT(two.complete, ElementsAre("SELECT 1", "SELECT\n2"));
  EXPECT_EQ(two.rest, "");
}

TEST(SqlTextTest, WithoutOneTheStatementIsStillOpen) {
  const SqlStatements open = SplitSql("SELECT 1; SELECT 2\n");
  EXPECT_THAT(open.complete, ElementsAre("SELECT 1"));
  EXPECT_EQ(open.rest, "SELECT 2");
}

TEST(SqlTextTest, WithinTextsNamesAndCommentsItEndsNothing) {
  for (const char* sql :
       {"SELECT ';'", "SELECT 'it''s; here'", "SELECT \"a;b\"\"c;\"", "SELECT $$;$$",
        "SELECT $x$ $$ ; $y$ $x$", "SELECT 1 -- ; no\n", "SELECT /* ; /* ; */ ; */ 1",
        "SELECT e'\\';'", "SELECT E'a\\\\'", "SELECT a$b$c, '$b$;'"}) {
    const SqlStatements one = SplitSql(std::string(sql) + ";");
    EXPECT_EQ(one.complete.size(), 1U) << sql;
    EXPECT_EQ(one.rest, "") << sql;
  }
}

TEST(SqlTextTest, WhatHasNoEndIsStillOpen) {
  for (const char* sql : {"SELECT ';", "SELECT \";", "SELECT $$;", "SELECT $x$;$$", "/* ;",
                          "SELECT /* /* */ ;", "SELECT e'\\';", "SELECT 1 -- ;"}) {
    const SqlStatements open = SplitSql(sql);
    EXPECT_THAT(open.complete, IsEmpty()) << sql;
    EXPECT_EQ(open.rest, sql);
  }
}

TEST(SqlTextTest, APlaceholderIsNoDollarQuote) {
  EXPECT_THAT(SplitSql("SELECT $1, $2; SELECT $1;").complete,
              ElementsAre("SELECT $1, $2", "SELECT $1"));
}

TEST(SqlTextTest, BlanksAndCommentsAloneAreNoStatement) {
  const SqlStatements none = SplitSql(" ;; -- nothing\n ; /* at all */ ;\n-- more\n");
  EXPECT_THAT(none.complete, IsEmpty());
  EXPECT_EQ(none.rest, "");
}

TEST(SqlTextTest, KnowsWhatLastsForASessionOnly) {
  for (const char* sql : {"SET threads = 1", "begin", "-- why\nUSE lake", "create temp table t(a)",
                          "CREATE OR REPLACE TEMPORARY VIEW v AS SELECT 1"}) {
    EXPECT_TRUE(NeedsSession(sql)) << sql;
  }
  for (const char* sql : {"SELECT 1", "CREATE TABLE temp_t (a INT)", "CREATE TABLE t(temp INT)",
                          "UPDATE t SET a = 1", "", "(SELECT 1)"}) {
    EXPECT_FALSE(NeedsSession(sql)) << sql;
  }
}

}  // namespace
}  // namespace arrowport::cli
