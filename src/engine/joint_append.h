#pragma once

#include <memory>
#include <vector>

#include <duckdb.hpp>

#include "base/error.h"
#include "engine/core.h"
#include "engine/table_rows.h"

namespace arrowport::engine {

/// engine::Database::AppendTogether.
JointOutcome AppendTogether(const std::shared_ptr<Core>& core, const std::vector<TableRows>& parts);

/// Appends `parts` in the transaction that is open on `connection`. Their tables are there, and are
/// DuckDB's own.
Status AppendWithin(Core& core, duckdb::Connection& connection,
                    const std::vector<TableRows>& parts);

}  // namespace arrowport::engine
