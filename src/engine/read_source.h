#pragma once

#include <string>
#include <vector>

#include <duckdb.hpp>
#include <duckdb/parser/query_node/select_node.hpp>
#include <duckdb/parser/tableref.hpp>

#include "base/error.h"
#include "engine/table.h"
#include "engine/table_read.h"

namespace arrowport::engine {

/// `table` as it stands behind FROM.
duckdb::unique_ptr<duckdb::TableRef> TableOf(const TableName& table);

/// Whether it has nothing but what it selects, FROM, and what stands behind: ORDER BY and LIMIT.
bool IsPlain(const duckdb::SelectNode& select);

/// ComposeRead for any rows, which have `columns`.
Result<std::string> ComposeRead(duckdb::unique_ptr<duckdb::TableRef> source,
                                const std::vector<std::string>& columns, const TableRead& read);

}  // namespace arrowport::engine
