#include "service/table_reads.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "engine/database.h"
#include "engine/table.h"
#include "engine/table_read.h"

namespace arrowport::service {
namespace {

std::vector<std::string> ColumnsOf(const engine::TableInfo& table) {
  std::vector<std::string> names;
  for (const auto& field : table.schema->fields()) names.push_back(field->name());
  return names;
}

// Whether DuckDB understands a read that has one text alone, and what that needs.
Status TryPart(engine::Database& database, const engine::TableInfo& table, std::string_view part,
               const engine::TableRead& read) {
  ARROW_ASSIGN_OR_RAISE(const auto statement, PlanTableRead(table, read));
  const Status understood = database.DescribeQuery(statement, {}, {}).status();
  // A function that is not there is no table that is not there.
  return WithContext(part, WithKind(ErrorKind::kInvalidInput, understood));
}

}  // namespace

Result<engine::Statement> PlanTableRead(const engine::TableInfo& table,
                                        const engine::TableRead& read) {
  ARROW_ASSIGN_OR_RAISE(std::string sql, engine::ComposeRead(table.name, ColumnsOf(table), read));
  return engine::Statement{.sql = std::move(sql), .parameters = {}};
}

Status BlameTableRead(engine::Database& database, const engine::TableInfo& table,
                      const engine::TableRead& read, const Status& status) {
  const ErrorKind kind = KindOf(status);
  if (kind != ErrorKind::kInvalidInput && kind != ErrorKind::kNotFound) return status;
  if (read.where.has_value()) {
    ARROW_RETURN_NOT_OK(TryPart(database, table, "where", {.where = read.where}));
  }
  if (read.order_by.has_value()) {
    // The order may mean columns by their place.
    const engine::TableRead ordered = {.columns = read.columns, .order_by = read.order_by};
    ARROW_RETURN_NOT_OK(TryPart(database, table, "order_by", ordered));
  }
  return status;
}

}  // namespace arrowport::service
