#include "cli/table_query.h"

#include <optional>

#include <gtest/gtest.h>

#include "engine/table.h"

namespace arrowport::cli {
namespace {

using engine::TableName;

TEST(TableNamedTest, OneNameIsATable) {
  EXPECT_EQ(TableNamed("flights"), (TableName{.catalog = "", .schema = "", .name = "flights"}));
  EXPECT_EQ(TableNamed("lake.main.trips"),
            (TableName{.catalog = "lake", .schema = "main", .name = "trips"}));
  EXPECT_EQ(TableNamed("trips-2013"),
            (TableName{.catalog = "", .schema = "", .name = "trips-2013"}));
  EXPECT_EQ(TableNamed("Flüge"), (TableName{.catalog = "", .schema = "", .name = "Flüge"}));
}

TEST(TableNamedTest, QuotesHoldWhatOtherwiseIsNoName) {
  EXPECT_EQ(TableNamed("\"my table\""),
            (TableName{.catalog = "", .schema = "", .name = "my table"}));
  EXPECT_EQ(TableNamed("main.\"a.\"\"b\""),
            (TableName{.catalog = "", .schema = "main", .name = "a.\"b"}));
}

TEST(TableNamedTest, EverythingElseIsSql) {
  for (const char* sql : {"FROM flights", "SELECT(1)", "select*from(t)", "\"a\" b", "'t.parquet'",
                          "\"open", "a..b", "", "VALUES(1)", "FROM t;"}) {
    EXPECT_EQ(TableNamed(sql), std::nullopt) << sql;
  }
}

}  // namespace
}  // namespace arrowport::cli
