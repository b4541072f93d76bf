#include "engine/catalog.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <arrow/array.h>
#include <arrow/scalar.h>
#include <duckdb.hpp>
#include <duckdb/catalog/catalog.hpp>
#include <duckdb/catalog/catalog_entry/table_catalog_entry.hpp>
#include <duckdb/catalog/entry_lookup_info.hpp>
#include <duckdb/parser/constraints/not_null_constraint.hpp>

#include "base/call_control.h"
#include "base/error.h"
#include "base/limits.h"
#include "engine/arrow_schema.h"
#include "engine/column_fit.h"
#include "engine/core.h"
#include "engine/data_files.h"
#include "engine/database.h"
#include "engine/describe_statement.h"
#include "engine/duckdb_error.h"
#include "engine/execution.h"
#include "engine/execution_stream.h"
#include "engine/planning.h"
#include "engine/result_stream.h"
#include "engine/sql.h"
#include "engine/table.h"

namespace arrowport::engine {
namespace {

// Tables of DuckDB know their size; a view's is only known by running it. A view of another catalog
// whose name is taken here has to be asked for in full.
constexpr const char* kListSql = R"(
WITH own AS (
  SELECT schema_name, table_name, false AS is_view, estimated_size AS rows
  FROM duckdb_tables()
  WHERE database_name = current_database() AND NOT internal AND NOT temporary AND schema_name <> $1
  UNION ALL
  SELECT schema_name, view_name, true, -1
  FROM duckdb_views()
  WHERE database_name = current_database() AND NOT internal AND NOT temporary)
SELECT schema_name, table_name, is_view, rows, '' AS catalog FROM own
UNION ALL
SELECT schema_name, view_name, true, -1, if(lower(view_name) IN (
  SELECT lower(table_name) FROM own WHERE schema_name = 'main'), database_name, '')
FROM duckdb_views()
WHERE in_search_path(database_name, schema_name) AND database_name <> current_database()
  AND NOT internal AND NOT temporary
ORDER BY ALL)";

Result<std::shared_ptr<ResultStream>> Run(const std::shared_ptr<Core>& core,
                                          const Statement& statement, const CallControl& control) {
  ExecutionOptions options;
  options.help = true;
  ARROW_ASSIGN_OR_RAISE(auto execution, Execution::Start(core, statement, options, control));
  return MakeResultStream(std::move(execution), nullptr);
}

Result<std::shared_ptr<arrow::Schema>> SchemaOf(const std::shared_ptr<Core>& core,
                                                const TableName& table,
                                                const CallControl& control) {
  const std::string sql = Sql("SELECT * FROM {}", {table});
  auto info = DescribeStatement(core, {sql, {}}, {}, control);
  if (info.ok()) return info->schema;
  if (KindOf(info.status()) != ErrorKind::kNotImplemented) return info.status();
  ARROW_ASSIGN_OR_RAISE(auto connection, core->Connect());
  Planning planning(core->plan_budget, control, connection->context.get());
  auto schema = Guarded([&]() -> Result<std::shared_ptr<arrow::Schema>> {
    const auto prepared = connection->Prepare(sql);
    if (prepared->HasError()) return FromDuckDb(prepared->error);
    return ArrowSchemaOfAny(prepared->GetTypes(), prepared->GetNames(), *connection->context);
  });
  ARROW_RETURN_NOT_OK(planning.Explain(schema.status()));
  return schema;
}

// For one of many tables.
CallControl ForOne(const CallControl& control) {
  const auto latest = Clock::now() + limits::kListedTableTimeMax;
  return {.deadline = std::min(control.deadline.value_or(latest), latest), .stop = control.stop};
}

Status CheckNotOver(const CallControl& control) {
  if (control.stop.stop_requested()) {
    return MakeError(ErrorKind::kCancelled, "the caller cancelled the list");
  }
  if (control.deadline && Clock::now() >= *control.deadline) {
    return MakeError(ErrorKind::kDeadlineExceeded, "the deadline passed before the list was made");
  }
  return Status::OK();
}

std::vector<std::string> NeverNullOf(const duckdb::TableCatalogEntry& table) {
  std::vector<std::string> names;
  for (const auto& constraint : table.GetConstraints()) {
    if (constraint->type != duckdb::ConstraintType::NOT_NULL) continue;
    const auto index = constraint->Cast<duckdb::NotNullConstraint>().index;
    names.push_back(table.GetColumns().GetColumn(index).Name());
  }
  return names;
}

// The schema `main` is where names without one are looked up.
TableName ShortName(std::string_view schema, std::string_view name) {
  return {.catalog = "",
          .schema = schema == "main" ? std::string() : std::string(schema),
          .name = std::string(name)};
}

}  // namespace

TableName FullNameOf(const duckdb::CatalogEntry& table) {
  return {.catalog = table.ParentCatalog().GetName(),
          .schema = table.ParentSchema().name,
          .name = table.name};
}

bool CanCountRows(const Core& core, const FoundTable& found) {
  if (found.kind != FoundTable::Kind::kView) return found.is_stored_here;
  // The footers of Parquet files tell how many rows they have.
  return core.data_files != nullptr && found.name.catalog == kDataCatalog &&
         core.data_files->CanCountRows(found.name.name);
}

Result<int64_t> CountRows(const std::shared_ptr<Core>& core, const TableName& table,
                          const CallControl& control) {
  ARROW_ASSIGN_OR_RAISE(auto stream,
                        Run(core, {Sql("SELECT count(*) FROM {}", {table}), {}}, control));
  ARROW_ASSIGN_OR_RAISE(auto batch, stream->Next());
  return static_cast<const arrow::Int64Array&>(*batch->column(0)).Value(0);
}

ColumnList ColumnsOf(const duckdb::TableCatalogEntry& table) {
  ColumnList columns;
  for (const auto& column : table.GetColumns().Physical()) {
    columns.names.push_back(column.Name());
    columns.types.push_back(column.Type());
  }
  return columns;
}

duckdb::optional_ptr<duckdb::CatalogEntry> LookUp(duckdb::ClientContext& context,
                                                  const TableName& table) {
  const duckdb::EntryLookupInfo lookup(duckdb::CatalogType::TABLE_ENTRY, table.name);
  return duckdb::Catalog::GetEntry(context, table.catalog, table.schema, lookup,
                                   duckdb::OnEntryNotFound::RETURN_NULL);
}

Result<FoundTable> FindTable(duckdb::Connection& connection, const TableName& table) {
  return Guarded([&]() -> Result<FoundTable> {
    FoundTable found;
    auto& context = *connection.context;
    context.RunFunctionInTransaction([&] {
      const auto entry = LookUp(context, table);
      if (entry == nullptr) return;
      found.name = FullNameOf(*entry);
      if (entry->type == duckdb::CatalogType::VIEW_ENTRY) {
        found.kind = FoundTable::Kind::kView;
        return;
      }
      const auto& stored = entry->Cast<duckdb::TableCatalogEntry>();
      found.kind = FoundTable::Kind::kTable;
      found.is_stored_here = stored.IsDuckTable();
      found.columns = ColumnsOf(stored);
      found.never_null = NeverNullOf(stored);
    });
    return found;
  });
}

Result<VersionedTable> FindVersion(Core& core, const TableName& table) {
  ARROW_ASSIGN_OR_RAISE(auto connection, core.Connect());
  ARROW_ASSIGN_OR_RAISE(FoundTable found, FindTable(*connection, table));
  if (found.kind == FoundTable::Kind::kMissing) {
    return MakeError(ErrorKind::kNotFound, "table '" + table.ToString() + "' does not exist");
  }
  if (!found.is_stored_here) {
    return MakeError(ErrorKind::kNotFound,
                     "'" + table.ToString() +
                         "' is no table of this database, so nobody can tell when its rows "
                         "change; read its rows instead");
  }
  std::string version = core.table_versions.Of(found.name);
  return VersionedTable{.name = std::move(found.name), .version = std::move(version)};
}

Result<std::vector<TableInfo>> ListTables(const std::shared_ptr<Core>& core,
                                          const CallControl& control) {
  const Statement list = {kListSql, {arrow::MakeScalar(std::string(kOwnSchema))}};
  ARROW_ASSIGN_OR_RAISE(auto stream, Run(core, list, control));
  std::vector<TableInfo> tables;
  for (;;) {
    ARROW_ASSIGN_OR_RAISE(auto batch, stream->Next());
    if (batch == nullptr) break;
    const auto& schemas = static_cast<const arrow::StringArray&>(*batch->column(0));
    const auto& names = static_cast<const arrow::StringArray&>(*batch->column(1));
    const auto& views = static_cast<const arrow::BooleanArray&>(*batch->column(2));
    const auto& rows = static_cast<const arrow::Int64Array&>(*batch->column(3));
    const auto& catalogs = static_cast<const arrow::StringArray&>(*batch->column(4));
    for (int64_t i = 0; i < batch->num_rows(); ++i) {
      const std::string catalog(catalogs.GetView(i));
      tables.push_back({.name = catalog.empty()
                                    ? ShortName(schemas.GetView(i), names.GetView(i))
                                    : TableName{catalog, schemas.GetString(i), names.GetString(i)},
                        .is_view = views.Value(i),
                        .schema = nullptr,
                        .rows = rows.Value(i)});
    }
  }
  // A table that was dropped since, or a view that is broken or takes too long to look into, is
  // left out of the list.
  std::erase_if(tables, [&](TableInfo& table) {
    const auto schema = SchemaOf(core, table.name, ForOne(control));
    if (schema.ok()) table.schema = *schema;
    return !schema.ok();
  });
  ARROW_RETURN_NOT_OK(CheckNotOver(control));
  return tables;
}

Result<TableInfo> DescribeTable(const std::shared_ptr<Core>& core, const TableName& table,
                                const CallControl& control) {
  TableInfo info{.name = table, .is_view = false, .schema = nullptr, .rows = -1};
  bool can_count = false;
  {
    ARROW_ASSIGN_OR_RAISE(auto connection, core->Connect());
    ARROW_ASSIGN_OR_RAISE(const FoundTable found, FindTable(*connection, table));
    if (found.kind == FoundTable::Kind::kMissing) {
      return MakeError(ErrorKind::kNotFound, "table '" + table.ToString() + "' does not exist");
    }
    info.is_view = found.kind == FoundTable::Kind::kView;
    can_count = !info.is_view || CanCountRows(*core, found);
  }
  ARROW_ASSIGN_OR_RAISE(info.schema, SchemaOf(core, table, control));
  if (can_count) {
    ARROW_ASSIGN_OR_RAISE(info.rows, CountRows(core, table, control));
  }
  return info;
}

}  // namespace arrowport::engine
