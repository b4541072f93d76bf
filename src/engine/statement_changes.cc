#include "engine/statement_changes.h"

#include <optional>
#include <utility>
#include <vector>

#include <duckdb.hpp>
#include <duckdb/catalog/catalog.hpp>
#include <duckdb/catalog/catalog_entry/schema_catalog_entry.hpp>
#include <duckdb/catalog/catalog_entry/table_catalog_entry.hpp>
#include <duckdb/execution/operator/persistent/physical_batch_insert.hpp>
#include <duckdb/execution/operator/persistent/physical_delete.hpp>
#include <duckdb/execution/operator/persistent/physical_insert.hpp>
#include <duckdb/execution/operator/persistent/physical_merge_into.hpp>
#include <duckdb/execution/operator/persistent/physical_update.hpp>
#include <duckdb/execution/physical_operator.hpp>
#include <duckdb/main/prepared_statement_data.hpp>
#include <duckdb/planner/parsed_data/bound_create_table_info.hpp>

#include "engine/catalog.h"
#include "engine/table.h"
#include "engine/table_versions.h"

namespace arrowport::engine {
namespace {

using duckdb::PhysicalOperatorType;
using duckdb::StatementType;

// COPY … TO reads tables, and COPY … FROM says that it writes.
bool OnlyReads(StatementType type, duckdb::StatementProperties& properties) {
  const bool may = type == StatementType::SELECT_STATEMENT ||
                   type == StatementType::EXPLAIN_STATEMENT ||
                   type == StatementType::COPY_STATEMENT;
  return may && properties.IsReadOnly();
}

// Whether a statement of this kind with these effects changes nothing but rows, and makes at most
// the table that it fills.
bool WritesRowsAlone(StatementType type, const duckdb::StatementProperties& properties) {
  const bool makes = type == StatementType::CREATE_STATEMENT;
  const bool writes =
      type == StatementType::INSERT_STATEMENT || type == StatementType::UPDATE_STATEMENT ||
      type == StatementType::DELETE_STATEMENT || type == StatementType::MERGE_INTO_STATEMENT ||
      type == StatementType::COPY_STATEMENT;
  if (!writes && !makes) return false;
  for (const auto& [database, info] : properties.modified_databases) {
    const auto& changes = info.modifications;
    if (changes.AlterTable() || changes.DropCatalogEntry() || changes.CreateIndex()) return false;
    if (changes.CreateCatalogEntry() && !makes) return false;
  }
  return true;
}

template <typename PhysicalInsert>
TableName TargetOf(const PhysicalInsert& insert) {
  if (insert.insert_table) return FullNameOf(*insert.insert_table);
  return {.catalog = insert.schema->ParentCatalog().GetName(),
          .schema = insert.schema->name,
          .name = insert.info->Base().table};
}

// The table that `step` writes to by itself.
std::optional<TableName> TargetOf(const duckdb::PhysicalOperator& step) {
  // An insert that makes its table has another type than its class says, so Cast would refuse it.
  switch (step.type) {
    case PhysicalOperatorType::INSERT:
    case PhysicalOperatorType::CREATE_TABLE_AS:
      return TargetOf(static_cast<const duckdb::PhysicalInsert&>(step));
    case PhysicalOperatorType::BATCH_INSERT:
    case PhysicalOperatorType::BATCH_CREATE_TABLE_AS:
      return TargetOf(static_cast<const duckdb::PhysicalBatchInsert&>(step));
    case PhysicalOperatorType::DELETE_OPERATOR:
      return FullNameOf(step.Cast<duckdb::PhysicalDelete>().tableref);
    case PhysicalOperatorType::UPDATE:
      return FullNameOf(step.Cast<duckdb::PhysicalUpdate>().tableref);
    default:
      return std::nullopt;
  }
}

void CollectTargets(const duckdb::PhysicalOperator& step, std::vector<TableName>* targets) {
  if (auto target = TargetOf(step)) targets->push_back(std::move(*target));
  if (step.type == PhysicalOperatorType::MERGE_INTO) {
    for (const auto& action : step.Cast<duckdb::PhysicalMergeInto>().actions) {
      if (action->op) CollectTargets(*action->op, targets);
    }
  }
  for (const auto& child : step.GetChildren()) CollectTargets(child.get(), targets);
}

}  // namespace

ChangedTables ChangesOf(duckdb::PreparedStatementData& statement) {
  ChangedTables changes;
  if (OnlyReads(statement.statement_type, statement.properties)) return changes;
  if (WritesRowsAlone(statement.statement_type, statement.properties)) {
    CollectTargets(statement.physical_plan->Root(), &changes.tables);
  }
  changes.all = changes.tables.empty();
  return changes;
}

ChangedTables ChangesOf(duckdb::QueryResult& result) {
  return {.all = !OnlyReads(result.statement_type, result.properties), .tables = {}};
}

}  // namespace arrowport::engine
