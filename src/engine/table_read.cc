#include "engine/table_read.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <duckdb.hpp>
#include <duckdb/parser/expression/columnref_expression.hpp>
#include <duckdb/parser/expression/constant_expression.hpp>
#include <duckdb/parser/expression/star_expression.hpp>
#include <duckdb/parser/parser.hpp>
#include <duckdb/parser/query_node/select_node.hpp>
#include <duckdb/parser/result_modifier.hpp>
#include <duckdb/parser/statement/select_statement.hpp>
#include <duckdb/parser/tableref/basetableref.hpp>

#include "base/error.h"
#include "engine/column_names.h"
#include "engine/duckdb_error.h"
#include "engine/plan_budget.h"
#include "engine/planning.h"
#include "engine/read_source.h"
#include "engine/table.h"

namespace arrowport::engine {
namespace {

using Expression = duckdb::unique_ptr<duckdb::ParsedExpression>;

// What any text is read within; a name that nothing is looked up by.
constexpr const char* kBeforeExpression = "SELECT ";
constexpr const char* kBeforeOrder = "SELECT * FROM t ORDER BY ";

Status Bad(std::string_view part, const std::string& why) {
  return MakeError(ErrorKind::kInvalidInput, std::string(part) + ": " + why);
}

// The select that `before` and `text` make; null when they make anything else. Throws for what is
// no SQL.
duckdb::unique_ptr<duckdb::SelectNode> ParseSelect(const char* before, const std::string& text) {
  duckdb::Parser parser;
  parser.ParseQuery(before + text);
  if (parser.statements.size() != 1) return nullptr;
  auto& statement = *parser.statements.front();
  if (statement.type != duckdb::StatementType::SELECT_STATEMENT) return nullptr;
  auto node = std::move(statement.Cast<duckdb::SelectStatement>().node);
  if (node->type != duckdb::QueryNodeType::SELECT_NODE) return nullptr;
  auto select = duckdb::unique_ptr_cast<duckdb::QueryNode, duckdb::SelectNode>(std::move(node));
  // Anything that stands behind what `text` is to be makes a select of another shape.
  return IsPlain(*select) ? std::move(select) : nullptr;
}

Result<Expression> ParseCondition(const std::string& text) {
  const auto select = ParseSelect(kBeforeExpression, text);
  if (select == nullptr || !select->modifiers.empty() || select->select_list.size() != 1 ||
      select->from_table->type != duckdb::TableReferenceType::EMPTY_FROM ||
      select->select_list.front()->HasAlias()) {
    return Bad("where", "'" + text + "' is not one SQL expression");
  }
  if (select->select_list.front()->HasParameter()) {
    return Bad("where", "'" + text + "' has a parameter; write its value");
  }
  return std::move(select->select_list.front());
}

Result<duckdb::unique_ptr<duckdb::ResultModifier>> ParseOrder(const std::string& text) {
  const auto select = ParseSelect(kBeforeOrder, text);
  if (select == nullptr || select->modifiers.size() != 1 ||
      select->modifiers.front()->type != duckdb::ResultModifierType::ORDER_MODIFIER) {
    return Bad("order_by", "'" + text + "' is not a list of columns and expressions");
  }
  return std::move(select->modifiers.front());
}

Result<duckdb::vector<Expression>> Selected(const std::vector<std::string>& columns,
                                            const TableRead& read) {
  duckdb::vector<Expression> list;
  if (!read.columns.has_value()) {
    list.push_back(duckdb::make_uniq<duckdb::StarExpression>());
    return list;
  }
  ARROW_ASSIGN_OR_RAISE(const auto names, FindColumns(*read.columns, columns));
  for (const std::string& name : names) {
    list.push_back(duckdb::make_uniq<duckdb::ColumnRefExpression>(name));
  }
  return list;
}

Result<Expression> Count(std::string_view part, const std::optional<int64_t>& number) {
  if (!number.has_value()) return Expression();
  if (*number < 0) return Bad(part, std::to_string(*number) + " is negative");
  return duckdb::make_uniq<duckdb::ConstantExpression>(duckdb::Value::BIGINT(*number));
}

Status AddLimit(duckdb::SelectNode& select, const TableRead& read) {
  auto limit = duckdb::make_uniq<duckdb::LimitModifier>();
  ARROW_ASSIGN_OR_RAISE(limit->limit, Count("limit", read.limit));
  ARROW_ASSIGN_OR_RAISE(limit->offset, Count("offset", read.offset));
  if (limit->limit != nullptr || limit->offset != nullptr) {
    select.modifiers.push_back(std::move(limit));
  }
  return Status::OK();
}

// `parse`, with the errors of DuckDB's parser told of `part`.
template <typename Parse>
auto ParsePart(std::string_view part, const std::string& text, const Parse& parse)
    -> decltype(parse(text)) {
  Planning planning(PlanBudget::OfTexts(), {});
  auto parsed = Guarded([&] { return parse(text); });
  const Status explained = planning.Explain(parsed.status());
  if (parsed.ok() || explained.message().starts_with(part)) return parsed;
  if (KindOf(explained) != ErrorKind::kInvalidInput) return WithContext(part, explained);
  return Bad(part, "'" + text + "': " + explained.message());
}

}  // namespace

duckdb::unique_ptr<duckdb::TableRef> TableOf(const TableName& table) {
  auto reference = duckdb::make_uniq<duckdb::BaseTableRef>();
  reference->catalog_name = table.catalog;
  reference->schema_name = table.schema;
  reference->table_name = table.name;
  return reference;
}

bool IsPlain(const duckdb::SelectNode& select) {
  return select.where_clause == nullptr && select.having == nullptr && select.qualify == nullptr &&
         select.sample == nullptr && select.groups.group_expressions.empty() &&
         select.groups.grouping_sets.empty() && select.cte_map.map.empty() &&
         select.aggregate_handling == duckdb::AggregateHandling::STANDARD_HANDLING;
}

Result<std::string> ComposeRead(const TableName& table, const std::vector<std::string>& columns,
                                const TableRead& read) {
  return ComposeRead(TableOf(table), columns, read);
}

Result<std::string> ComposeRead(duckdb::unique_ptr<duckdb::TableRef> source,
                                const std::vector<std::string>& columns, const TableRead& read) {
  auto select = duckdb::make_uniq<duckdb::SelectNode>();
  select->from_table = std::move(source);
  ARROW_ASSIGN_OR_RAISE(select->select_list, Selected(columns, read));
  if (read.where.has_value()) {
    ARROW_ASSIGN_OR_RAISE(select->where_clause, ParsePart("where", *read.where, ParseCondition));
  }
  if (read.order_by.has_value()) {
    ARROW_ASSIGN_OR_RAISE(auto order, ParsePart("order_by", *read.order_by, ParseOrder));
    select->modifiers.push_back(std::move(order));
  }
  ARROW_RETURN_NOT_OK(AddLimit(*select, read));
  return Guarded([&]() -> Result<std::string> { return select->ToString(); });
}

}  // namespace arrowport::engine
