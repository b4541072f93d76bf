#pragma once

#include <duckdb.hpp>
#include <duckdb/main/prepared_statement_data.hpp>

#include "engine/table_versions.h"

namespace arrowport::engine {

/// What `statement`, which is planned, may change: the tables that its plan writes rows to, or all
/// of them where it may do anything else or the plan does not tell.
ChangedTables ChangesOf(duckdb::PreparedStatementData& statement);

/// The same of a statement that was run, whose plan is gone.
ChangedTables ChangesOf(duckdb::QueryResult& result);

}  // namespace arrowport::engine
