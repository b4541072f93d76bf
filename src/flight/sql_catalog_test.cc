#include "flight/sql_catalog.h"

#include <cstdint>
#include <memory>
#include <set>
#include <string>

#include <arrow/api.h>
#include <arrow/ipc/dictionary.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "flight/test_server.h"
#include "flight/test_sql_client.h"

namespace arrowport::flight {
namespace {

class SqlCatalogTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(server_.Serve().ok());
    for (const std::string statement :
         {"CREATE SCHEMA s_1", "CREATE SCHEMA sx1",
          "CREATE TABLE trips(id BIGINT PRIMARY KEY, fare DECIMAL(9,2), UNIQUE (id, fare))",
          "CREATE TABLE s_1.trips(i INTEGER)", "CREATE TABLE sx1.other(i INTEGER)",
          "CREATE TABLE stops(a INTEGER, trip BIGINT REFERENCES trips(id))",
          "CREATE VIEW fares AS SELECT fare FROM trips"}) {
      const auto done = sql_.Query(statement);
      ASSERT_TRUE(done.ok()) << done.status();
    }
  }

  // The rows of `command`, one a line, their values with spaces between; also that the schema that
  // is told before is that of the rows.
  template <typename Message>
  std::string Rows(const Message& command) {
    const auto info = sql_.Info(command);
    if (!info.ok()) return info.status().ToString();
    const auto table = sql_.Get(command);
    if (!table.ok()) return table.status().ToString();
    EXPECT_TRUE((*table)->ValidateFull().ok());
    arrow::ipc::DictionaryMemo memo;
    EXPECT_EQ((*(*info)->GetSchema(&memo))->ToString(), (*table)->schema()->ToString());
    std::string lines;
    for (int64_t row = 0; row < (*table)->num_rows(); ++row) {
      for (const auto& column : (*table)->columns()) {
        const auto value = column->GetScalar(row).ValueOrDie();
        if (value->type->id() != arrow::Type::BINARY) lines += value->ToString() + " ";
      }
      lines.back() = '\n';
    }
    return lines;
  }

  testing::TestServer server_;
  testing::SqlClient sql_{server_};
};

TEST_F(SqlCatalogTest, ListsCatalogsAndSchemas) {
  EXPECT_EQ(Rows(sql::CommandGetCatalogs()), "memory\n");
  sql::CommandGetDbSchemas command;
  EXPECT_EQ(Rows(command), "memory main\nmemory s_1\nmemory sx1\n");
  command.set_db_schema_filter_pattern("s_1");
  EXPECT_EQ(Rows(command), "memory s_1\nmemory sx1\n");
  command.set_db_schema_filter_pattern("s\\_1");
  EXPECT_EQ(Rows(command), "memory s_1\n");
  command.set_catalog("elsewhere");
  EXPECT_EQ(Rows(command), "");
  command.set_catalog("");
  EXPECT_EQ(Rows(command), "");
}

TEST_F(SqlCatalogTest, ListsTables) {
  sql::CommandGetTables command;
  EXPECT_EQ(Rows(command),
            "memory main fares VIEW\nmemory main stops TABLE\nmemory main trips TABLE\n"
            "memory s_1 trips TABLE\nmemory sx1 other TABLE\n");
  command.set_table_name_filter_pattern("tr%");
  EXPECT_EQ(Rows(command), "memory main trips TABLE\nmemory s_1 trips TABLE\n");
  command.set_db_schema_filter_pattern("main");
  EXPECT_EQ(Rows(command), "memory main trips TABLE\n");
  command.Clear();
  command.add_table_types("VIEW");
  EXPECT_EQ(Rows(command), "memory main fares VIEW\n");
  command.add_table_types("no such type");
  EXPECT_EQ(Rows(command), "memory main fares VIEW\n");
  EXPECT_EQ(Rows(sql::CommandGetTableTypes()), "LOCAL TEMPORARY\nTABLE\nVIEW\n");
}

TEST_F(SqlCatalogTest, GivesTheSchemasOfTables) {
  sql::CommandGetTables command;
  command.set_include_schema(true);
  command.set_db_schema_filter_pattern("main");
  command.set_table_name_filter_pattern("trips");
  EXPECT_EQ(Rows(command), "memory main trips TABLE\n");
  const auto bytes = (*sql_.Get(command))->column(4)->GetScalar(0).ValueOrDie();
  const auto text = std::static_pointer_cast<arrow::BinaryScalar>(bytes)->value->ToString();
  arrow::ipc::DictionaryMemo memo;
  const auto schema = arrow::flight::SchemaResult(text).GetSchema(&memo).ValueOrDie();
  EXPECT_EQ(schema->ToString(/*show_metadata=*/false),
            "id: int64 not null\nfare: decimal128(9, 2)");
  const auto metadata = schema->field(1)->metadata();
  ASSERT_NE(metadata, nullptr);
  EXPECT_EQ(*metadata->Get("ARROW:FLIGHT:SQL:TYPE_NAME"), "DECIMAL(9,2)");
  EXPECT_EQ(*metadata->Get("ARROW:FLIGHT:SQL:PRECISION"), "9");
  EXPECT_EQ(*metadata->Get("ARROW:FLIGHT:SQL:SCALE"), "2");
  EXPECT_EQ(*metadata->Get("ARROW:FLIGHT:SQL:TABLE_NAME"), "trips");
}

TEST_F(SqlCatalogTest, TellsKeys) {
  sql::CommandGetPrimaryKeys primary;
  primary.set_table("trips");
  EXPECT_EQ(Rows(primary), "memory main trips id 1 trips_id_pkey\n");
  const std::string key =
      "memory main trips id memory main stops trip 1 stops_trip_id_fkey trips_id_pkey 3 3\n";
  sql::CommandGetImportedKeys imported;
  imported.set_table("stops");
  EXPECT_EQ(Rows(imported), key);
  imported.set_table("trips");
  EXPECT_EQ(Rows(imported), "");
  sql::CommandGetExportedKeys exported;
  exported.set_table("trips");
  EXPECT_EQ(Rows(exported), key);
  sql::CommandGetCrossReference both;
  both.set_pk_table("trips");
  both.set_fk_table("stops");
  EXPECT_EQ(Rows(both), key);
  both.set_fk_db_schema("s_1");
  EXPECT_EQ(Rows(both), "");
}

TEST_F(SqlCatalogTest, TellsEveryNumberOfTheStandard) {
  const auto all = sql_.Get(sql::CommandGetSqlInfo());
  ASSERT_TRUE(all.ok()) << all.status();
  ASSERT_TRUE((*all)->ValidateFull().ok());
  const auto batch = (*all)->CombineChunksToBatch().ValueOrDie();
  const auto& numbers = static_cast<const arrow::UInt32Array&>(*batch->column(0));
  std::set<uint32_t> told;
  for (int64_t row = 0; row < numbers.length(); ++row) told.insert(numbers.Value(row));
  std::set<uint32_t> wanted = {100, 101};
  for (uint32_t i = 0; i <= 11; ++i) wanted.insert(i);
  for (uint32_t i = 500; i <= 576; ++i) wanted.insert(i);
  EXPECT_EQ(told, wanted);
  EXPECT_EQ(static_cast<size_t>(numbers.length()), wanted.size());
}

TEST_F(SqlCatalogTest, TellsWhatItIsAskedOfItself) {
  sql::CommandGetSqlInfo command;
  for (const uint32_t number : {0U, 1U, 508U, 517U, 9'999U}) command.add_info(number);
  const auto table = sql_.Get(command);
  ASSERT_TRUE(table.ok()) << table.status();
  ASSERT_EQ((*table)->num_rows(), 4);
  const auto value = [&](int64_t row) {
    return (*table)->column(1)->GetScalar(row).ValueOrDie()->ToString();
  };
  EXPECT_THAT(value(0), ::testing::HasSubstr("arrowport"));
  EXPECT_THAT(value(1), ::testing::HasSubstr("duckdb v"));
  EXPECT_THAT(value(2), ::testing::HasSubstr("select"));
  EXPECT_THAT(value(3), ::testing::HasSubstr("19"));
}

TEST_F(SqlCatalogTest, TellsWhatColumnsAreLike) {
  ASSERT_TRUE(sql_.Query("CREATE TABLE told(id BIGINT PRIMARY KEY, d DECIMAL(9,2) NOT NULL, "
                         "mood ENUM('sad', 'glad'))")
                  .ok());
  ASSERT_TRUE(sql_.Query("COMMENT ON COLUMN told.d IS 'in euros'").ok());
  sql::CommandGetTables command;
  command.set_table_name_filter_pattern("told");
  command.set_include_schema(true);
  const auto table = sql_.Get(command).ValueOrDie();
  const auto bytes = table->column(4)->GetScalar(0).ValueOrDie();
  arrow::ipc::DictionaryMemo memo;
  const arrow::flight::SchemaResult packed(
      static_cast<const arrow::BinaryScalar&>(*bytes).value->ToString());
  const auto schema = packed.GetSchema(&memo).ValueOrDie();
  EXPECT_EQ(schema->ToString(/*show_metadata=*/false),
            "id: int64 not null\nd: decimal128(9, 2) not null\nmood: string");
  const auto told = [&](int field, const std::string& key) {
    return schema->field(field)->metadata()->Get("ARROW:FLIGHT:SQL:" + key).ValueOr("none");
  };
  EXPECT_EQ(told(0, "PRECISION"), "19");
  EXPECT_EQ(told(0, "REMARKS"), "none");
  EXPECT_EQ(told(1, "PRECISION"), "9");
  EXPECT_EQ(told(1, "SCALE"), "2");
  EXPECT_EQ(told(1, "REMARKS"), "in euros");
  EXPECT_EQ(told(1, "SCHEMA_NAME"), "main");
  EXPECT_EQ(told(1, "DB_SCHEMA_NAME"), "main");
}

TEST_F(SqlCatalogTest, TellsTheTypes) {
  sql::CommandGetXdbcTypeInfo command;
  EXPECT_EQ((*sql_.Get(command))->num_rows(), 25);
  command.set_data_type(3);
  EXPECT_EQ(
      Rows(command),
      "DECIMAL 3 38 null null list<item: string>[precision, scale] 1 false 3 false false "
      "false DECIMAL 0 38 3 null 10 null\n"
      "HUGEINT 3 39 null null null 1 false 3 false false false HUGEINT 0 0 3 null 10 null\n"
      "UHUGEINT 3 39 null null null 1 false 3 true false false UHUGEINT 0 0 3 null 10 null\n");
  command.set_data_type(4711);
  EXPECT_EQ(Rows(command), "");
}

}  // namespace
}  // namespace arrowport::flight
