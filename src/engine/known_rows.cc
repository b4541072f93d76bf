#include "engine/known_rows.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>

#include <duckdb.hpp>
#include <duckdb/parser/parsed_expression.hpp>
#include <duckdb/parser/parser.hpp>
#include <duckdb/parser/query_node/select_node.hpp>
#include <duckdb/parser/result_modifier.hpp>
#include <duckdb/parser/statement/select_statement.hpp>
#include <duckdb/parser/tableref/basetableref.hpp>

#include "base/call_control.h"
#include "base/error.h"
#include "engine/catalog.h"
#include "engine/core.h"
#include "engine/database.h"
#include "engine/duckdb_error.h"
#include "engine/planning.h"
#include "engine/read_source.h"
#include "engine/table.h"

namespace arrowport::engine {
namespace {

bool TakesColumns(const duckdb::SelectNode& select) {
  return std::ranges::all_of(select.select_list, [](const auto& expression) {
    const auto type = expression->GetExpressionType();
    return type == duckdb::ExpressionType::COLUMN_REF || type == duckdb::ExpressionType::STAR;
  });
}

// An order changes no count.
bool TakesAllRows(const duckdb::SelectNode& select) {
  const bool only_ordered = std::ranges::all_of(select.modifiers, [](const auto& modifier) {
    return modifier->type == duckdb::ResultModifierType::ORDER_MODIFIER;
  });
  return only_ordered && IsPlain(select);
}

// The table that `statement` takes all rows of.
std::optional<TableName> TableOf(const duckdb::SQLStatement& statement) {
  if (statement.type != duckdb::StatementType::SELECT_STATEMENT) return std::nullopt;
  const auto& node = *statement.Cast<duckdb::SelectStatement>().node;
  if (node.type != duckdb::QueryNodeType::SELECT_NODE) return std::nullopt;
  const auto& select = node.Cast<duckdb::SelectNode>();
  if (!TakesAllRows(select) || !TakesColumns(select)) return std::nullopt;
  if (select.from_table->type != duckdb::TableReferenceType::BASE_TABLE) return std::nullopt;
  const auto& table = select.from_table->Cast<duckdb::BaseTableRef>();
  if (table.sample != nullptr || table.at_clause != nullptr) return std::nullopt;
  return TableName{
      .catalog = table.catalog_name, .schema = table.schema_name, .name = table.table_name};
}

}  // namespace

Result<int64_t> KnownRows(const std::shared_ptr<Core>& core, const Statement& statement,
                          const CallControl& control) {
  std::optional<TableName> table;
  // Without a connection, which takes longer to make than most statements to parse.
  Planning planning(core->plan_budget, control);
  const Status parsed = Guarded([&] {
    duckdb::Parser parser;
    parser.ParseQuery(statement.sql);
    if (parser.statements.size() == 1) table = TableOf(*parser.statements.front());
    return Status::OK();
  });
  ARROW_RETURN_NOT_OK(planning.Explain(parsed));
  if (!table.has_value()) return -1;
  ARROW_ASSIGN_OR_RAISE(auto connection, core->Connect());
  ARROW_ASSIGN_OR_RAISE(const FoundTable found, FindTable(*connection, *table));
  if (!CanCountRows(*core, found)) return -1;
  return CountRows(core, found.name, control);
}

}  // namespace arrowport::engine
