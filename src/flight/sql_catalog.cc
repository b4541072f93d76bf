#include "flight/sql_catalog.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <arrow/array.h>
#include <arrow/array/builder_binary.h>
#include <arrow/record_batch.h>
#include <arrow/scalar.h>
#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>

#include "base/error.h"
#include "engine/database.h"
#include "engine/result_stream.h"
#include "engine/table.h"
#include "flight/sql_info.h"
#include "flight/sql_messages.h"
#include "flight/sql_statements.h"
#include "flight/sql_type_info.h"
#include "service/held_rows.h"
#include "service/service.h"
#include "stream/plain_types.h"

namespace arrowport::flight {
namespace {

using Values = std::vector<std::shared_ptr<arrow::Scalar>>;

std::shared_ptr<arrow::Field> Text(const std::string& name) {
  return arrow::field(name, arrow::utf8());
}

std::shared_ptr<arrow::Field> Never(const std::string& name,
                                    std::shared_ptr<arrow::DataType> type = arrow::utf8()) {
  return arrow::field(name, std::move(type), /*nullable=*/false);
}

std::shared_ptr<arrow::Schema> CatalogsSchema() { return arrow::schema({Never("catalog_name")}); }

std::shared_ptr<arrow::Schema> DbSchemasSchema() {
  return arrow::schema({Text("catalog_name"), Never("db_schema_name")});
}

std::shared_ptr<arrow::Schema> TablesSchema() {
  return arrow::schema(
      {Text("catalog_name"), Text("db_schema_name"), Never("table_name"), Never("table_type")});
}

std::shared_ptr<arrow::Schema> TablesWithSchemasSchema() {
  auto fields = TablesSchema()->fields();
  fields.push_back(Never("table_schema", arrow::binary()));
  return arrow::schema(std::move(fields));
}

std::shared_ptr<arrow::Schema> TableTypesSchema() { return arrow::schema({Never("table_type")}); }

std::shared_ptr<arrow::Schema> PrimaryKeysSchema() {
  return arrow::schema({Text("catalog_name"), Text("db_schema_name"), Never("table_name"),
                        Never("column_name"), Never("key_sequence", arrow::int32()),
                        Text("key_name")});
}

std::shared_ptr<arrow::Schema> ForeignKeysSchema() {
  return arrow::schema({Text("pk_catalog_name"), Text("pk_db_schema_name"), Never("pk_table_name"),
                        Never("pk_column_name"), Text("fk_catalog_name"), Text("fk_db_schema_name"),
                        Never("fk_table_name"), Never("fk_column_name"),
                        Never("key_sequence", arrow::int32()), Text("fk_key_name"),
                        Text("pk_key_name"), Never("update_rule", arrow::uint8()),
                        Never("delete_rule", arrow::uint8())});
}

constexpr std::string_view kCatalogsSql =
    "SELECT database_name FROM duckdb_databases() WHERE NOT internal ORDER BY ALL";

constexpr std::string_view kDbSchemasSql = R"(
SELECT database_name, schema_name
FROM duckdb_schemas() JOIN duckdb_databases() AS databases USING (database_name)
WHERE NOT databases.internal AND schema_name <> $1
  AND ($2 IS NULL OR database_name = $2) AND ($3 IS NULL OR schema_name LIKE $3 ESCAPE '\')
ORDER BY ALL)";

// $5: types, each with a line's end behind it.
constexpr std::string_view kTablesSql = R"(
WITH tables AS (
  SELECT database_name, schema_name, table_name,
         if(temporary, 'LOCAL TEMPORARY', 'TABLE') AS table_type
  FROM duckdb_tables() WHERE NOT internal
  UNION ALL
  SELECT database_name, schema_name, view_name, 'VIEW' FROM duckdb_views() WHERE NOT internal)
SELECT * FROM tables
WHERE schema_name <> $1
  AND ($2 IS NULL OR database_name = $2) AND ($3 IS NULL OR schema_name LIKE $3 ESCAPE '\')
  AND ($4 IS NULL OR table_name LIKE $4 ESCAPE '\')
  AND ($5 IS NULL OR list_contains(string_split($5, chr(10)), table_type))
ORDER BY ALL)";

constexpr std::string_view kTableTypesSql =
    "SELECT unnest(['LOCAL TEMPORARY', 'TABLE', 'VIEW']) AS table_type";

constexpr std::string_view kPrimaryKeysSql = R"(
SELECT database_name, schema_name, table_name, unnest(constraint_column_names) AS column_name,
       generate_subscripts(constraint_column_names, 1)::INTEGER AS key_sequence,
       constraint_name AS key_name
FROM duckdb_constraints()
WHERE constraint_type = 'PRIMARY KEY' AND schema_name <> $1
  AND ($2 IS NULL OR database_name = $2) AND ($3 IS NULL OR schema_name = $3) AND table_name = $4
ORDER BY database_name, schema_name, table_name, key_name, key_sequence)";

// DuckDB's keys stay within one schema, and it does nothing to rows that refer to others.
constexpr std::string_view kForeignKeysSql = R"(
WITH keys AS (
  SELECT own.database_name, own.schema_name, referenced_table, own.table_name,
         referenced_column_names AS columns, constraint_column_names AS own_columns,
         constraint_name,
         (SELECT any_value(other.constraint_name) FROM duckdb_constraints() AS other
          WHERE other.database_name = own.database_name AND other.schema_name = own.schema_name
            AND other.table_name = own.referenced_table
            AND other.constraint_column_names = own.referenced_column_names
            AND other.constraint_type IN ('PRIMARY KEY', 'UNIQUE')) AS pk_key_name
  FROM duckdb_constraints() AS own WHERE constraint_type = 'FOREIGN KEY')
SELECT database_name AS pk_catalog_name, schema_name AS pk_db_schema_name,
       referenced_table AS pk_table_name, unnest(columns) AS pk_column_name,
       database_name AS fk_catalog_name, schema_name AS fk_db_schema_name,
       table_name AS fk_table_name, unnest(own_columns) AS fk_column_name,
       generate_subscripts(columns, 1)::INTEGER AS key_sequence, constraint_name AS fk_key_name,
       pk_key_name, 3::UTINYINT AS update_rule, 3::UTINYINT AS delete_rule
FROM keys
WHERE ($1 IS NULL OR database_name = $1) AND ($2 IS NULL OR schema_name = $2)
  AND ($3 IS NULL OR referenced_table = $3)
  AND ($4 IS NULL OR database_name = $4) AND ($5 IS NULL OR schema_name = $5)
  AND ($6 IS NULL OR table_name = $6)
ORDER BY ALL)";

constexpr std::string_view kColumnsSql = R"(
SELECT column_name, data_type,
  CASE WHEN numeric_precision_radix = 2 THEN CASE data_type
    WHEN 'TINYINT' THEN 3 WHEN 'UTINYINT' THEN 3 WHEN 'SMALLINT' THEN 5 WHEN 'USMALLINT' THEN 5
    WHEN 'INTEGER' THEN 10 WHEN 'UINTEGER' THEN 10 WHEN 'BIGINT' THEN 19 WHEN 'UBIGINT' THEN 20
    WHEN 'HUGEINT' THEN 39 WHEN 'UHUGEINT' THEN 39 WHEN 'FLOAT' THEN 7 WHEN 'DOUBLE' THEN 15 END
  ELSE numeric_precision END AS digits,
  numeric_scale, comment, is_nullable
FROM duckdb_columns()
WHERE database_name = $1 AND schema_name = $2 AND table_name = $3)";

std::shared_ptr<arrow::Scalar> Value(const std::string& text) { return arrow::MakeScalar(text); }

// What a field of a message says; NULL where it is left out.
std::shared_ptr<arrow::Scalar> Optional(bool has, const std::string& text) {
  return has ? Value(text) : arrow::MakeNullScalar(arrow::utf8());
}

std::shared_ptr<arrow::Scalar> OwnSchema() { return Value(std::string(engine::kOwnSchema)); }

/// A command, as a query over DuckDB's catalogs.
struct CatalogQuery {
  std::shared_ptr<arrow::Schema> schema;
  std::string_view sql;
  Values values;
  bool with_table_schemas = false;  ///< Which the query does not give.
};

CatalogQuery QueryOf(const sql::CommandGetCatalogs& /*command*/) {
  return {.schema = CatalogsSchema(), .sql = kCatalogsSql, .values = {}};
}

CatalogQuery QueryOf(const sql::CommandGetDbSchemas& command) {
  return {.schema = DbSchemasSchema(),
          .sql = kDbSchemasSql,
          .values = {OwnSchema(), Optional(command.has_catalog(), command.catalog()),
                     Optional(command.has_db_schema_filter_pattern(),
                              command.db_schema_filter_pattern())}};
}

CatalogQuery QueryOf(const sql::CommandGetTables& command) {
  std::string types;
  for (const auto& type : command.table_types()) types += type + "\n";
  const bool with_schemas = command.include_schema();
  return {.schema = with_schemas ? TablesWithSchemasSchema() : TablesSchema(),
          .sql = kTablesSql,
          .values = {OwnSchema(), Optional(command.has_catalog(), command.catalog()),
                     Optional(command.has_db_schema_filter_pattern(),
                              command.db_schema_filter_pattern()),
                     Optional(command.has_table_name_filter_pattern(),
                              command.table_name_filter_pattern()),
                     Optional(!types.empty(), types)},
          .with_table_schemas = with_schemas};
}

CatalogQuery QueryOf(const sql::CommandGetTableTypes& /*command*/) {
  return {.schema = TableTypesSchema(), .sql = kTableTypesSql, .values = {}};
}

CatalogQuery QueryOf(const sql::CommandGetPrimaryKeys& command) {
  return {
      .schema = PrimaryKeysSchema(),
      .sql = kPrimaryKeysSql,
      .values = {OwnSchema(), Optional(command.has_catalog(), command.catalog()),
                 Optional(command.has_db_schema(), command.db_schema()), Value(command.table())}};
}

CatalogQuery ForeignKeys(Values values) {
  return {.schema = ForeignKeysSchema(), .sql = kForeignKeysSql, .values = std::move(values)};
}

CatalogQuery QueryOf(const sql::CommandGetExportedKeys& command) {
  return ForeignKeys({Optional(command.has_catalog(), command.catalog()),
                      Optional(command.has_db_schema(), command.db_schema()),
                      Value(command.table()), Optional(false, ""), Optional(false, ""),
                      Optional(false, "")});
}

CatalogQuery QueryOf(const sql::CommandGetImportedKeys& command) {
  return ForeignKeys({Optional(false, ""), Optional(false, ""), Optional(false, ""),
                      Optional(command.has_catalog(), command.catalog()),
                      Optional(command.has_db_schema(), command.db_schema()),
                      Value(command.table())});
}

CatalogQuery QueryOf(const sql::CommandGetCrossReference& command) {
  return ForeignKeys(
      {Optional(command.has_pk_catalog(), command.pk_catalog()),
       Optional(command.has_pk_db_schema(), command.pk_db_schema()), Value(command.pk_table()),
       Optional(command.has_fk_catalog(), command.fk_catalog()),
       Optional(command.has_fk_db_schema(), command.fk_db_schema()), Value(command.fk_table())});
}

CatalogQuery QueryOf(const sql::CommandGetXdbcTypeInfo& command) {
  auto number = command.has_data_type() ? arrow::MakeScalar(int32_t{command.data_type()})
                                        : arrow::MakeNullScalar(arrow::int32());
  return {.schema = TypeInfoSchema(), .sql = TypeInfoSql(), .values = {std::move(number)}};
}

// The query of `packed` if it is one of `Messages`.
template <typename... Messages>
Result<std::optional<CatalogQuery>> FindQuery(const PackedMessage& packed) {
  std::optional<CatalogQuery> query;
  Status status;
  const auto read = [&]<typename Message>(const Message& /*type*/) {
    if (!Is<Message>(packed)) return;
    auto message = Parse<Message>(packed);
    status = message.status();
    if (message.ok()) query = QueryOf(*message);
  };
  (read(Messages()), ...);
  ARROW_RETURN_NOT_OK(status);
  return query;
}

Result<std::optional<CatalogQuery>> QueryOf(const PackedMessage& command) {
  return FindQuery<sql::CommandGetCatalogs, sql::CommandGetDbSchemas, sql::CommandGetTables,
                   sql::CommandGetTableTypes, sql::CommandGetPrimaryKeys,
                   sql::CommandGetExportedKeys, sql::CommandGetImportedKeys,
                   sql::CommandGetCrossReference, sql::CommandGetXdbcTypeInfo>(command);
}

std::string TextAt(const arrow::RecordBatch& batch, int column, int64_t row) {
  return static_cast<const arrow::StringArray&>(*batch.column(column)).GetString(row);
}

Result<service::HeldRows> RunAll(service::Service& service, const service::Call& call,
                                 std::string_view sql, const Values& values) {
  ARROW_ASSIGN_OR_RAISE(
      const auto rows,
      service.Query(call, {.sql = std::string(sql), .parameters = values}, {.read_only = true}));
  return service::TakeAll(*rows);
}

// What the standard says of columns besides their Arrow types. The schema goes by two names: that
// of the specification, and that of all libraries which read it.
std::shared_ptr<arrow::KeyValueMetadata> MetadataOf(const engine::TableName& table,
                                                    const arrow::RecordBatch& columns,
                                                    int64_t row) {
  auto metadata = arrow::key_value_metadata(
      {"ARROW:FLIGHT:SQL:CATALOG_NAME", "ARROW:FLIGHT:SQL:DB_SCHEMA_NAME",
       "ARROW:FLIGHT:SQL:SCHEMA_NAME", "ARROW:FLIGHT:SQL:TABLE_NAME", "ARROW:FLIGHT:SQL:TYPE_NAME",
       "ARROW:FLIGHT:SQL:IS_AUTO_INCREMENT", "ARROW:FLIGHT:SQL:IS_CASE_SENSITIVE",
       "ARROW:FLIGHT:SQL:IS_READ_ONLY", "ARROW:FLIGHT:SQL:IS_SEARCHABLE"},
      {table.catalog, table.schema, table.schema, table.name, TextAt(columns, 1, row), "0", "1",
       "0", "1"});
  constexpr std::array kOthers = {"ARROW:FLIGHT:SQL:PRECISION", "ARROW:FLIGHT:SQL:SCALE",
                                  "ARROW:FLIGHT:SQL:REMARKS"};
  for (int i = 0; i < static_cast<int>(kOthers.size()); ++i) {
    const auto value = columns.column(2 + i)->GetScalar(row);
    if (value.ok() && (*value)->is_valid)
      metadata->Append(kOthers[static_cast<size_t>(i)], (*value)->ToString());
  }
  return metadata;
}

Result<std::string> SchemaOf(service::Service& service, const service::Call& call,
                             const engine::TableName& table) {
  const engine::Statement all{.sql = "SELECT * FROM " + table.ToSql(), .parameters = {}};
  ARROW_ASSIGN_OR_RAISE(const auto schema, service.DescribeQuery(call, all));
  ARROW_ASSIGN_OR_RAISE(const auto described,
                        RunAll(service, call, kColumnsSql,
                               {Value(table.catalog), Value(table.schema), Value(table.name)}));
  auto fields = stream::PlainSchema(schema)->fields();
  for (const auto& batch : described.batches) {
    for (int64_t row = 0; row < batch->num_rows(); ++row) {
      const int index = schema->GetFieldIndex(TextAt(*batch, 0, row));
      if (index < 0) continue;
      auto& field = fields[static_cast<size_t>(index)];
      const auto nullable = std::static_pointer_cast<arrow::BooleanArray>(batch->column(5));
      field =
          field->WithMetadata(MetadataOf(table, *batch, row))->WithNullable(nullable->Value(row));
    }
  }
  return SerializeSchema(*arrow::schema(std::move(fields)));
}

// A column with the schemas of the tables in `batch`. A table that has gone by now has none.
Result<std::shared_ptr<arrow::Array>> TableSchemas(service::Service& service,
                                                   const service::Call& call,
                                                   const arrow::RecordBatch& batch) {
  arrow::BinaryBuilder builder;
  for (int64_t row = 0; row < batch.num_rows(); ++row) {
    const engine::TableName table = {.catalog = TextAt(batch, 0, row),
                                     .schema = TextAt(batch, 1, row),
                                     .name = TextAt(batch, 2, row)};
    auto bytes = SchemaOf(service, call, table);
    // A view may not work any more, or a table be gone by now.
    if (!bytes.ok()) bytes = SerializeSchema(*arrow::schema({}));
    ARROW_RETURN_NOT_OK(bytes.status());
    ARROW_RETURN_NOT_OK(builder.Append(*bytes));
  }
  return builder.Finish();
}

}  // namespace

Result<std::shared_ptr<arrow::Schema>> CatalogSchema(const PackedMessage& command) {
  if (Is<sql::CommandGetSqlInfo>(command)) return SqlInfoSchema();
  ARROW_ASSIGN_OR_RAISE(const auto query, QueryOf(command));
  return query.has_value() ? query->schema : nullptr;
}

Result<std::shared_ptr<engine::ResultStream>> ReadCatalog(service::Service& service,
                                                          const service::Call& call,
                                                          const PackedMessage& command) {
  if (Is<sql::CommandGetSqlInfo>(command)) {
    ARROW_ASSIGN_OR_RAISE(const auto info, Parse<sql::CommandGetSqlInfo>(command));
    return ReadSqlInfo(service, call, info);
  }
  ARROW_ASSIGN_OR_RAISE(const auto query, QueryOf(command));
  if (!query.has_value()) {
    return MakeError(ErrorKind::kNotImplemented, "the command " + command.name + " is not known");
  }
  ARROW_ASSIGN_OR_RAISE(auto rows, RunAll(service, call, query->sql, query->values));
  rows.schema = query->schema;
  for (auto& batch : rows.batches) {
    auto columns = batch->columns();
    if (query->with_table_schemas) {
      ARROW_ASSIGN_OR_RAISE(auto schemas, TableSchemas(service, call, *batch));
      columns.push_back(std::move(schemas));
    }
    batch = arrow::RecordBatch::Make(query->schema, batch->num_rows(), std::move(columns));
    // The standard's types are ours to keep.
    ARROW_RETURN_NOT_OK(batch->Validate());
  }
  return service::OpenHeldRows(std::move(rows));
}

}  // namespace arrowport::flight
