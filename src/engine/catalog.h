#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <arrow/type.h>
#include <duckdb.hpp>
#include <duckdb/catalog/catalog_entry/table_catalog_entry.hpp>

#include "base/call_control.h"
#include "engine/column_fit.h"
#include "engine/core.h"
#include "engine/database.h"
#include "engine/table.h"

namespace arrowport::engine {

/// What stands under a table's name.
struct FoundTable {
  enum class Kind { kMissing, kTable, kView };
  Kind kind = Kind::kMissing;
  ColumnList columns;                   ///< Of a table, those that rows can be given.
  std::vector<std::string> never_null;  ///< Those that may not be NULL.
  TableName name;                       ///< In full, of a view too.
  /// Whether it is a table that DuckDB itself stores, so that only this process changes it.
  bool is_stored_here = false;
};

/// With all parts.
TableName FullNameOf(const duckdb::CatalogEntry& table);

/// Those that rows can be given.
ColumnList ColumnsOf(const duckdb::TableCatalogEntry& table);

/// The table or view of the name, null without one. Only in a transaction of `context`.
duckdb::optional_ptr<duckdb::CatalogEntry> LookUp(duckdb::ClientContext& context,
                                                  const TableName& table);

Result<FoundTable> FindTable(duckdb::Connection& connection, const TableName& table);

/// Whether the rows can be counted without reading them.
bool CanCountRows(const Core& core, const FoundTable& found);

Result<int64_t> CountRows(const std::shared_ptr<Core>& core, const TableName& table,
                          const CallControl& control);

// What Database says of tables and statements, see there.

Result<std::vector<TableInfo>> ListTables(const std::shared_ptr<Core>& core,
                                          const CallControl& control);

Result<TableInfo> DescribeTable(const std::shared_ptr<Core>& core, const TableName& table,
                                const CallControl& control);

Result<VersionedTable> FindVersion(Core& core, const TableName& table);

}  // namespace arrowport::engine
