#include "cli/table_query.h"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <arrow/array.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cli/cell_text.h"
#include "client/client.h"
#include "engine/sql.h"
#include "engine/table.h"

namespace arrowport::cli {
namespace {

// Names that are looked up without their schema come first, and have none.
constexpr const char* kTablesSql = R"(
SELECT nullif(schema_name, current_schema()) AS schema, name, kind, rows
FROM (SELECT schema_name, table_name AS name, 'table' AS kind,
             format('{:,}', estimated_size) AS rows
      FROM duckdb_tables()
      WHERE database_name = current_database() AND NOT internal AND NOT temporary
      UNION ALL
      SELECT schema_name, view_name, 'view', ''
      FROM duckdb_views()
      WHERE database_name = current_database() AND NOT internal AND NOT temporary)
ORDER BY schema NULLS FIRST, name)";

constexpr const char* kColumnsSql = R"(
SELECT column_name, data_type, if(is_nullable, '', 'not null')
FROM duckdb_columns()
WHERE database_name = coalesce(?, current_database()) AND schema_name = coalesce(?, current_schema())
  AND lower(table_name) = lower(?)
ORDER BY column_index)";

constexpr const char* kRowsSql = R"(
SELECT estimated_size
FROM duckdb_tables()
WHERE database_name = coalesce(?, current_database()) AND schema_name = coalesce(?, current_schema())
  AND lower(table_name) = lower(?))";

using Row = std::vector<std::string>;

Result<std::vector<Row>> Ask(client::Client& client, const client::QueryRequest& request) {
  ARROW_ASSIGN_OR_RAISE(const auto reader, client.Query(request));
  std::vector<Row> rows;
  for (;;) {
    ARROW_ASSIGN_OR_RAISE(const auto batch, reader->Next());
    if (batch == nullptr) return rows;
    for (int64_t i = 0; i < batch->num_rows(); ++i) {
      Row& row = rows.emplace_back();
      for (const auto& column : batch->columns()) {
        row.push_back(column->IsNull(i) ? std::string() : CellText(*column, i));
      }
    }
  }
}

std::string Parameters(const engine::TableName& table) {
  nlohmann::json array = nlohmann::json::array();
  for (const std::string* part : {&table.catalog, &table.schema, &table.name}) {
    array.push_back(part->empty() ? nlohmann::json(nullptr) : nlohmann::json(*part));
  }
  return array.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

bool IsWordLetter(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return std::isalnum(byte) != 0 || c == '_' || byte >= 0x80;
}

// A hyphen is none of SQL's, but stream names have it, and no statement is such a word.
bool IsNameLetter(char c) { return IsWordLetter(c) || c == '-' || c == '$'; }

std::string Written(const std::string& part) {
  const bool is_word = std::ranges::all_of(part, IsWordLetter) && !part.empty() &&
                       std::isdigit(static_cast<unsigned char>(part.front())) == 0;
  return is_word ? part : engine::QuoteIdentifier(part);
}

}  // namespace

std::optional<engine::TableName> TableNamed(std::string_view text) {
  bool quoted = false;
  for (const char c : text) {
    if (c == '"') quoted = !quoted;
    if (!quoted && c != '"' && c != '.' && !IsNameLetter(c)) return std::nullopt;
  }
  auto name = engine::TableName::Parse(text);
  if (!name.ok()) return std::nullopt;
  return std::move(*name);
}

Result<std::optional<int64_t>> RowsOf(client::Client& client, const engine::TableName& table) {
  ARROW_ASSIGN_OR_RAISE(const auto reader,
                        client.Query({.sql = kRowsSql, .params_json = Parameters(table)}));
  ARROW_ASSIGN_OR_RAISE(const auto batch, reader->Next());
  if (batch == nullptr || batch->num_rows() == 0) return std::nullopt;
  return static_cast<const arrow::Int64Array&>(*batch->column(0)).Value(0);
}

Result<std::vector<ListedTable>> ListTables(client::Client& client, const std::stop_token& stop) {
  ARROW_ASSIGN_OR_RAISE(const auto rows, Ask(client, {.sql = kTablesSql, .stop = stop}));
  std::vector<ListedTable> tables;
  tables.reserve(rows.size());
  for (const Row& row : rows) {
    const std::string schema = row[0].empty() ? std::string() : Written(row[0]) + ".";
    tables.push_back({.name = schema + Written(row[1]), .kind = row[2], .rows = row[3]});
  }
  return tables;
}

Result<std::vector<ListedColumn>> ListColumns(client::Client& client,
                                              const engine::TableName& table,
                                              const std::stop_token& stop) {
  ARROW_ASSIGN_OR_RAISE(
      const auto rows,
      Ask(client, {.sql = kColumnsSql, .params_json = Parameters(table), .stop = stop}));
  if (rows.empty()) {
    return MakeError(ErrorKind::kNotFound, "there is no table or view '" + table.ToString() + "'");
  }
  std::vector<ListedColumn> columns;
  columns.reserve(rows.size());
  for (const Row& row : rows) columns.push_back({.name = row[0], .type = row[1], .null = row[2]});
  return columns;
}

}  // namespace arrowport::cli
