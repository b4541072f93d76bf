#include "engine/describe_statement.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <duckdb.hpp>
#include <duckdb/execution/physical_plan_generator.hpp>
#include <duckdb/main/prepared_statement_data.hpp>
#include <duckdb/optimizer/optimizer.hpp>
#include <duckdb/planner/expression/bound_cast_expression.hpp>
#include <duckdb/planner/expression/bound_constant_expression.hpp>
#include <duckdb/planner/expression/bound_parameter_data.hpp>
#include <duckdb/planner/expression_iterator.hpp>
#include <duckdb/planner/logical_operator_visitor.hpp>
#include <duckdb/planner/planner.hpp>

#include "base/call_control.h"
#include "base/error.h"
#include "engine/arrow_schema.h"
#include "engine/core.h"
#include "engine/database.h"
#include "engine/duckdb_error.h"
#include "engine/kept_plans.h"
#include "engine/only_reads.h"
#include "engine/planning.h"
#include "engine/result_collector.h"
#include "engine/result_queue.h"
#include "engine/scalar.h"

namespace arrowport::engine {
namespace {

using Parameters = duckdb::case_insensitive_map_t<duckdb::BoundParameterData>;

// Plans on to where the order of a result is decided.
bool IsOrdered(duckdb::ClientContext& context, duckdb::Planner& planner,
               const QueryOptions& options) {
  duckdb::Optimizer optimizer(*planner.binder, context);
  duckdb::PhysicalPlanGenerator generator(context);
  const auto plan = generator.Plan(optimizer.Optimize(std::move(planner.plan)));
  const auto order = ResultCollector::OrderOf(context, plan->Root(), options.ordered);
  return order != ResultOrder::kNone;
}

/// A statement, planned as far as can be told of it.
struct Outline {
  duckdb::vector<std::string> names;
  duckdb::vector<duckdb::LogicalType> types;
  duckdb::StatementProperties properties;
  std::map<int64_t, duckdb::LogicalType> parameters;  ///< By position, from 1.
  bool ordered = true;
};

// A text that no statement holds, in place of a parameter.
std::string TagOf(int64_t position) {
  return "arrowport parameter " + std::to_string(position) + " \x01";
}

// Which types `plan` casts texts to that stand in place of parameters.
void ReadCasts(duckdb::LogicalOperator& plan, std::map<int64_t, duckdb::LogicalType>& types) {
  const std::function<void(duckdb::Expression&)> look = [&](duckdb::Expression& expression) {
    if (expression.GetExpressionClass() == duckdb::ExpressionClass::BOUND_CAST) {
      const auto& cast = expression.Cast<duckdb::BoundCastExpression>();
      for (auto& [position, type] : types) {
        if (cast.child->GetExpressionClass() != duckdb::ExpressionClass::BOUND_CONSTANT) break;
        const auto& value = cast.child->Cast<duckdb::BoundConstantExpression>().value;
        const bool is_it = value.type().id() == duckdb::LogicalTypeId::VARCHAR && !value.IsNull() &&
                           duckdb::StringValue::Get(value) == TagOf(position);
        if (is_it) type = cast.return_type;
      }
    }
    duckdb::ExpressionIterator::EnumerateChildren(expression, look);
  };
  duckdb::LogicalOperatorVisitor::EnumerateExpressions(
      plan, [&](duckdb::unique_ptr<duckdb::Expression>* expression) { look(**expression); });
  for (const auto& child : plan.children) ReadCasts(*child, types);
}

// The types of `count` parameters. What DuckDB cannot tell takes text, which it casts.
std::map<int64_t, duckdb::LogicalType> TypesOf(const duckdb::bound_parameter_map_t& parameters,
                                               int64_t count) {
  std::map<int64_t, duckdb::LogicalType> types;
  for (int64_t position = 1; position <= count; ++position) {
    auto& type = types[position];
    type = duckdb::LogicalType::VARCHAR;
    const auto found = parameters.find(std::to_string(position));
    if (found == parameters.end()) continue;
    const auto& told = found->second->return_type;
    const bool is_known = told.id() != duckdb::LogicalTypeId::UNKNOWN &&
                          told.id() != duckdb::LogicalTypeId::INVALID &&
                          told.id() != duckdb::LogicalTypeId::SQLNULL;
    if (is_known) type = told;
  }
  return types;
}

// Within a transaction.
Outline Plan(duckdb::ClientContext& context, duckdb::unique_ptr<duckdb::SQLStatement> statement,
             const Parameters& parameters, const QueryOptions& options) {
  const bool is_select = statement->type == duckdb::StatementType::SELECT_STATEMENT;
  duckdb::Planner planner(context);
  planner.parameter_data = parameters;
  planner.CreatePlan(std::move(statement));
  Outline outline{.names = planner.names,
                  .types = planner.types,
                  .properties = planner.properties,
                  .parameters = TypesOf(planner.value_map,
                                        static_cast<int64_t>(planner.properties.parameter_count))};
  // There is no plan where a parameter has no value, and nothing can be told of its type.
  if (is_select && planner.plan != nullptr) outline.ordered = IsOrdered(context, planner, options);
  return outline;
}

bool IsUnresolved(const Outline& outline) {
  return outline.types.size() == 1 && outline.types[0].id() == duckdb::LogicalTypeId::UNKNOWN;
}

// The same with NULL for all parameters: then their types are guesses.
Outline PlanWithNulls(duckdb::ClientContext& context,
                      duckdb::unique_ptr<duckdb::SQLStatement> statement, const Outline& unresolved,
                      const QueryOptions& options) {
  Parameters nulls;
  for (duckdb::idx_t i = 1; i <= unresolved.properties.parameter_count; ++i) {
    nulls[std::to_string(i)] = duckdb::BoundParameterData(duckdb::Value());
  }
  return Plan(context, std::move(statement), nulls, options);
}

// The types that parameters get beside each other, when DuckDB cannot tell those of all by itself:
// where a text would be cast, that is what is wanted. Without an answer they stay texts.
void GuessTypes(duckdb::ClientContext& context, duckdb::unique_ptr<duckdb::SQLStatement> statement,
                Outline& outline) {
  (void)Guarded([&] {
    duckdb::Planner planner(context);
    for (const auto& [position, type] : outline.parameters) {
      planner.parameter_data[std::to_string(position)] =
          duckdb::BoundParameterData(duckdb::Value(TagOf(position)));
    }
    planner.CreatePlan(std::move(statement));
    if (planner.plan != nullptr) ReadCasts(*planner.plan, outline.parameters);
    return Status::OK();
  });
}

// Of the plan that the connection keeps for it; nothing where there is none, or none that is right
// for the catalog as it is now.
std::optional<Outline> OutlineOfKept(duckdb::ClientContext& context, const Statement& statement,
                                     const Parameters& parameters, const QueryOptions& options) {
  if (parameters.empty()) return std::nullopt;
  const auto plan = KeptPlans::Of(context).Find(statement.sql, parameters);
  if (plan == nullptr) return std::nullopt;
  Outline outline{.names = plan->data->names,
                  .types = plan->data->types,
                  .properties = plan->data->properties,
                  .parameters = {}};
  for (const auto& [name, value] : parameters) {
    outline.parameters[std::stoll(name)] = value.GetValue().type();
  }
  bool is_current = false;
  context.RunFunctionInTransaction([&] {
    is_current = !plan->data->RequireRebind(context, nullptr);
    auto& root = plan->data->physical_plan->Root();
    const auto order = ResultCollector::OrderOf(context, root, options.ordered);
    outline.ordered = order != ResultOrder::kNone;
  });
  return is_current ? std::optional(std::move(outline)) : std::nullopt;
}

Result<QueryInfo> ToInfo(Outline outline, duckdb::ClientContext& context) {
  QueryInfo info;
  info.ordered = outline.ordered;
  info.writes = !outline.properties.IsReadOnly();
  info.returns_rows = outline.properties.return_type == duckdb::StatementReturnType::QUERY_RESULT;
  ARROW_ASSIGN_OR_RAISE(info.schema, ArrowSchemaOf(outline.types, outline.names, context));
  duckdb::vector<std::string> names;
  duckdb::vector<duckdb::LogicalType> types;
  for (auto& [position, type] : outline.parameters) {
    names.push_back(std::to_string(position));
    types.push_back(std::move(type));
  }
  ARROW_ASSIGN_OR_RAISE(info.parameters, ArrowSchemaOf(types, names, context));
  return info;
}

}  // namespace

Result<QueryInfo> DescribeStatement(Core& core, duckdb::Connection& connection,
                                    const Statement& statement, const QueryOptions& options,
                                    const CallControl& control) {
  Planning planning(core.plan_budget, control, connection.context.get());
  auto described = Guarded([&]() -> Result<QueryInfo> {
    ARROW_ASSIGN_OR_RAISE(const auto parameters, ToDuckDbParameters(statement.parameters));
    auto& context = *connection.context;
    auto kept = OutlineOfKept(context, statement, parameters, options);
    if (kept) return ToInfo(*std::move(kept), context);
    auto statements = connection.ExtractStatements(statement.sql);
    if (statements.empty()) return NoStatement();
    if (statements.size() > 1) {
      // The first of several would have to run before anything is known of the last.
      return MakeError(ErrorKind::kNotImplemented,
                       "only a single statement can be described; this text holds " +
                           std::to_string(statements.size()));
    }
    Outline outline;
    // Planned with the values, since they decide the types of what is computed from them.
    const auto plan = [&] {
      auto copy = statements.front()->Copy();
      outline = Plan(context, std::move(statements.front()), parameters, options);
      if (IsUnresolved(outline) && parameters.empty()) {
        auto guessed = copy->Copy();
        outline = PlanWithNulls(context, std::move(copy), outline, options);
        GuessTypes(context, std::move(guessed), outline);
      }
    };
    // What has ended the statement before this one, DuckDB forgets where it runs the next.
    context.ClearInterrupt();
    // As DuckDB prepares in every transaction, whatever it then runs there.
    context.RunFunctionInTransaction(plan, /*requires_valid_transaction=*/false);
    return ToInfo(std::move(outline), context);
  });
  const Status explained = planning.Explain(described.status());
  if (!explained.ok()) return core.Blame(explained);
  return described;
}

Result<QueryInfo> DescribeStatement(const std::shared_ptr<Core>& core, const Statement& statement,
                                    const QueryOptions& options, const CallControl& control) {
  duckdb::unique_ptr<duckdb::Connection> connection;
  // Those know nothing of files.
  const bool may_be_idle = core->data_files == nullptr;
  if (may_be_idle) connection = core->idle_connections.Take();
  if (connection == nullptr) {
    ARROW_ASSIGN_OR_RAISE(connection, core->Connect());
  }
  auto described = DescribeStatement(*core, *connection, statement, options, control);
  if (may_be_idle && described.ok() && !described->writes) {
    core->idle_connections.Keep(std::move(connection));
  }
  return described;
}

}  // namespace arrowport::engine
