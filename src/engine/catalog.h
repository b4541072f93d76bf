#pragma once

#include <memory>
#include <vector>

#include <arrow/type.h>
#include <duckdb.hpp>

#include "base/call_control.h"
#include "engine/core.h"
#include "engine/database.h"
#include "engine/table.h"

namespace arrowport::engine {

/// What stands under a table's name.
enum class TableKind { kMissing, kTable, kView };

Result<TableKind> FindTable(duckdb::Connection& connection, const TableName& table);

// What Database says of tables and statements, see there.

Result<std::vector<TableInfo>> ListTables(const std::shared_ptr<Core>& core,
                                          const CallControl& control);

Result<TableInfo> DescribeTable(const std::shared_ptr<Core>& core, const TableName& table,
                                const CallControl& control);

Result<std::shared_ptr<arrow::Schema>> DescribeStatement(const std::shared_ptr<Core>& core,
                                                         const Statement& statement);

}  // namespace arrowport::engine
