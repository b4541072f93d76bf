#include "engine/kept_plans.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <duckdb/catalog/catalog.hpp>
#include <duckdb/catalog/catalog_entry/table_catalog_entry.hpp>
#include <duckdb/common/string_util.hpp>
#include <duckdb/execution/operator/projection/physical_projection.hpp>
#include <duckdb/execution/operator/scan/physical_table_scan.hpp>
#include <duckdb/execution/physical_plan_generator.hpp>
#include <duckdb/function/table/table_scan.hpp>
#include <duckdb/main/client_context.hpp>
#include <duckdb/main/prepared_statement.hpp>
#include <duckdb/parser/expression/columnref_expression.hpp>
#include <duckdb/parser/expression/comparison_expression.hpp>
#include <duckdb/parser/expression/conjunction_expression.hpp>
#include <duckdb/parser/expression/constant_expression.hpp>
#include <duckdb/parser/expression/parameter_expression.hpp>
#include <duckdb/parser/query_node/select_node.hpp>
#include <duckdb/parser/statement/select_statement.hpp>
#include <duckdb/parser/tableref/basetableref.hpp>
#include <duckdb/planner/filter/constant_filter.hpp>

namespace arrowport::engine {
namespace {

constexpr const char* kStateName = "arrowport_kept_plans";

// What a service repeats on one connection; more take turns.
constexpr size_t kPlansMax = 8;
// Longer texts are no point queries, and would be held for each connection.
constexpr size_t kSqlBytesMax = 4096;

using duckdb::ExpressionType;
using Expression = duckdb::unique_ptr<duckdb::ParsedExpression>;

// `column = ?` in a WHERE clause.
struct Comparison {
  std::string column;
  ExpressionType type = ExpressionType::INVALID;
  Expression* value = nullptr;  // The parameter, or what has been put in its place.
};

bool IsKeptComparison(ExpressionType type) {
  switch (type) {
    case ExpressionType::COMPARE_EQUAL:
    case ExpressionType::COMPARE_LESSTHAN:
    case ExpressionType::COMPARE_LESSTHANOREQUALTO:
    case ExpressionType::COMPARE_GREATERTHAN:
    case ExpressionType::COMPARE_GREATERTHANOREQUALTO:
      return true;
    default:
      return false;
  }
}

// Adds the comparisons of `where` with values of `kind`. False: there is something else in it.
bool AddComparisons(duckdb::ParsedExpression& where, ExpressionType kind,
                    std::vector<Comparison>& comparisons) {
  if (where.GetExpressionType() == ExpressionType::CONJUNCTION_AND) {
    for (Expression& child : where.Cast<duckdb::ConjunctionExpression>().children) {
      if (!AddComparisons(*child, kind, comparisons)) return false;
    }
    return true;
  }
  if (!IsKeptComparison(where.GetExpressionType())) return false;
  auto& comparison = where.Cast<duckdb::ComparisonExpression>();
  if (comparison.left->GetExpressionType() != ExpressionType::COLUMN_REF) return false;
  if (comparison.right->GetExpressionType() != kind) return false;
  const auto& column = comparison.left->Cast<duckdb::ColumnRefExpression>();
  if (column.IsQualified()) return false;
  for (const Comparison& other : comparisons) {
    if (duckdb::StringUtil::CIEquals(other.column, column.GetColumnName())) return false;
  }
  comparisons.push_back({.column = column.GetColumnName(),
                         .type = where.GetExpressionType(),
                         .value = &comparison.right});
  return true;
}

// The SELECT of `statement`, when all it does is to choose from one table by a condition.
duckdb::SelectNode* SelectOf(duckdb::SQLStatement& statement) {
  if (statement.type != duckdb::StatementType::SELECT_STATEMENT) return nullptr;
  auto& node = *statement.Cast<duckdb::SelectStatement>().node;
  if (node.type != duckdb::QueryNodeType::SELECT_NODE) return nullptr;
  auto& select = node.Cast<duckdb::SelectNode>();
  const bool has_more = !select.modifiers.empty() || !select.cte_map.map.empty() ||
                        !select.groups.grouping_sets.empty() || select.having || select.qualify ||
                        select.sample;
  if (has_more || !select.where_clause || !select.from_table) return nullptr;
  if (select.from_table->type != duckdb::TableReferenceType::BASE_TABLE) return nullptr;
  const auto& table = select.from_table->Cast<duckdb::BaseTableRef>();
  return table.at_clause || table.sample ? nullptr : &select;
}

// The comparisons of `statement` with values of `kind`; none when there is more to it.
std::vector<Comparison> ComparisonsOf(duckdb::SQLStatement& statement, ExpressionType kind) {
  std::vector<Comparison> comparisons;
  auto* const select = SelectOf(statement);
  if (select == nullptr || !AddComparisons(*select->where_clause, kind, comparisons)) return {};
  return comparisons;
}

bool TakesColumnsOnly(const duckdb::PhysicalProjection& projection) {
  for (const auto& expression : projection.select_list) {
    if (expression->GetExpressionType() != ExpressionType::BOUND_REF) return false;
  }
  return true;
}

// The scan of a table of DuckDB's own that is all of `plan`; nullptr when there is more in it.
duckdb::PhysicalTableScan* ScanOf(duckdb::PhysicalPlan& plan) {
  duckdb::PhysicalOperator* root = &plan.Root();
  if (root->type == duckdb::PhysicalOperatorType::PROJECTION) {
    if (!TakesColumnsOnly(root->Cast<duckdb::PhysicalProjection>())) return nullptr;
    root = &root->children[0].get();
  }
  if (root->type != duckdb::PhysicalOperatorType::TABLE_SCAN) return nullptr;
  auto& scan = root->Cast<duckdb::PhysicalTableScan>();
  const auto* bound = dynamic_cast<const duckdb::TableScanBindData*>(scan.bind_data.get());
  const bool plain = bound != nullptr && bound->order_options == nullptr &&
                     scan.dynamic_filters == nullptr && scan.extra_info.sample_options == nullptr;
  return plain ? &scan : nullptr;
}

// Whether what `statement` names, which may be a view, is the table that `scan` reads.
bool IsOfTable(duckdb::ClientContext& context, const duckdb::PhysicalTableScan& scan,
               duckdb::SQLStatement& statement) {
  const auto& name = SelectOf(statement)->from_table->Cast<duckdb::BaseTableRef>();
  const duckdb::CatalogEntry& table = scan.bind_data->Cast<duckdb::TableScanBindData>().table;
  bool is = false;
  context.RunFunctionInTransaction([&] {
    const duckdb::EntryLookupInfo lookup(duckdb::CatalogType::TABLE_ENTRY, name.table_name);
    const auto entry = duckdb::Catalog::GetEntry(context, name.catalog_name, name.schema_name,
                                                 lookup, duckdb::OnEntryNotFound::RETURN_NULL);
    is = entry.get() == &table;
  });
  return is;
}

// The filter of `scan` that makes `comparison`.
duckdb::ConstantFilter* FilterOf(duckdb::PhysicalTableScan& scan, const Comparison& comparison) {
  for (auto& [position, filter] : scan.table_filters->filters) {
    const duckdb::ColumnIndex& column = scan.column_ids[position];
    if (column.HasChildren() || column.GetPrimaryIndex() >= scan.names.size()) continue;
    const std::string& name = scan.names[column.GetPrimaryIndex()];
    if (!duckdb::StringUtil::CIEquals(name, comparison.column)) continue;
    if (filter->filter_type != duckdb::TableFilterType::CONSTANT_COMPARISON) return nullptr;
    auto& constant = filter->Cast<duckdb::ConstantFilter>();
    return constant.comparison_type == comparison.type ? &constant : nullptr;
  }
  return nullptr;
}

// `value` as a filter with values of `type` compares it. Nothing when DuckDB might compare in
// another type.
std::optional<duckdb::Value> AsFiltered(const duckdb::Value& value,
                                        const duckdb::LogicalType& type) {
  if (value.IsNull()) return std::nullopt;
  if (value.type() == type) return value;
  if (!value.type().IsIntegral() || !type.IsIntegral()) return std::nullopt;
  duckdb::Value cast = value;
  if (!cast.DefaultTryCastAs(type, /*strict=*/true)) return std::nullopt;
  return cast;
}

const std::string& NameOf(duckdb::ParsedExpression& parameter) {
  return parameter.Cast<duckdb::ParameterExpression>().identifier;
}

// One value of a plan, and where it stands.
struct Place {
  std::string name;
  duckdb::LogicalType type;
  duckdb::ConstantFilter* filter = nullptr;
  duckdb::ConstantExpression* text = nullptr;
};

// Where the values of `parameters` stand in `plan`. None when there is more to it.
std::vector<Place> PlacesIn(duckdb::PreparedStatementData& plan, duckdb::ClientContext& context,
                            const std::vector<Comparison>& parameters,
                            const KeptPlans::Values& values) {
  auto* const scan = ScanOf(*plan.physical_plan);
  const auto constants = ComparisonsOf(*plan.unbound_statement, ExpressionType::VALUE_CONSTANT);
  if (scan == nullptr || constants.size() != parameters.size()) return {};
  if (!scan->table_filters || scan->table_filters->filters.size() != constants.size()) return {};
  if (!IsOfTable(context, *scan, *plan.unbound_statement)) return {};
  std::vector<Place> places;
  for (size_t i = 0; i < constants.size(); ++i) {
    const std::string& name = NameOf(**parameters[i].value);
    places.push_back({.name = name,
                      .type = values.at(name).GetValue().type(),
                      .filter = FilterOf(*scan, constants[i]),
                      .text = &(*constants[i].value)->Cast<duckdb::ConstantExpression>()});
    if (places.back().filter == nullptr) return {};
  }
  return places;
}

// Whether each of `parameters` is one of `values`, and these are all.
bool AreAll(const std::vector<Comparison>& parameters, const KeptPlans::Values& values) {
  if (parameters.empty() || parameters.size() != values.size()) return false;
  for (const Comparison& parameter : parameters) {
    const auto value = values.find(NameOf(**parameter.value));
    if (value == values.end() || value->second.GetValue().IsNull()) return false;
  }
  return true;
}

}  // namespace

// A plan with the places that values are put into; or the knowledge that there is none to keep.
struct KeptPlans::Entry : KeptPlan {
  // False: they are not all put, and the plan is not for them.
  bool Put(const Values& values) {
    if (places.empty() || values.size() != places.size()) return false;
    for (const Place& place : places) {
      const auto found = values.find(place.name);
      if (found == values.end() || found->second.GetValue().type() != place.type) return false;
      auto filtered = AsFiltered(found->second.GetValue(), place.filter->constant.type());
      if (!filtered) return false;
      place.filter->constant = *std::move(filtered);
      place.text->value = found->second.GetValue();
    }
    return true;
  }

  std::string sql;
  std::vector<Place> places;
};

KeptPlans::KeptPlans() = default;
KeptPlans::~KeptPlans() = default;

KeptPlans& KeptPlans::Of(duckdb::ClientContext& context) {
  return *context.registered_state->GetOrCreate<KeptPlans>(kStateName);
}

std::shared_ptr<KeptPlans::Entry> KeptPlans::Look(const std::string& sql) {
  for (auto at = entries_.begin(); at != entries_.end(); ++at) {
    if ((*at)->sql != sql) continue;
    entries_.splice(entries_.begin(), entries_, at);
    return entries_.front();
  }
  return nullptr;
}

std::shared_ptr<KeptPlan> KeptPlans::Find(const std::string& sql, const Values& values) {
  auto entry = Look(sql);
  return entry != nullptr && entry->Put(values) ? entry : nullptr;
}

void KeptPlans::Forget(const std::string& sql) {
  if (Look(sql) != nullptr) entries_.pop_front();
}

std::shared_ptr<KeptPlan> KeptPlans::Make(duckdb::ClientContext& context, const std::string& sql,
                                          duckdb::SQLStatement& statement, const Values& values) {
  if (sql.size() > kSqlBytesMax || Look(sql) != nullptr) return nullptr;
  const auto parameters = ComparisonsOf(statement, ExpressionType::VALUE_PARAMETER);
  if (!AreAll(parameters, values) || statement.named_param_map.size() != parameters.size()) {
    return nullptr;
  }
  auto with_values = statement.Copy();
  for (auto& comparison : ComparisonsOf(*with_values, ExpressionType::VALUE_PARAMETER)) {
    const auto& value = values.at(NameOf(**comparison.value)).GetValue();
    *comparison.value = duckdb::make_uniq<duckdb::ConstantExpression>(value);
  }
  with_values->named_param_map.clear();
  const auto prepared = context.Prepare(std::move(with_values));
  if (prepared->HasError()) return nullptr;  // Who plans it as usual tells the error.
  const auto& root = prepared->data->physical_plan->Root();
  // No row has these values. Others may have.
  if (root.type == duckdb::PhysicalOperatorType::EMPTY_RESULT) return nullptr;
  auto entry = std::make_shared<Entry>();
  entry->sql = sql;
  entry->places = PlacesIn(*prepared->data, context, parameters, values);
  const bool is_kept = entry->Put(values);
  if (is_kept) {
    entry->data = prepared->data;
  } else {
    entry->places.clear();
  }
  entries_.push_front(entry);
  if (entries_.size() > kPlansMax) entries_.pop_back();
  return is_kept ? entry : nullptr;
}

}  // namespace arrowport::engine
