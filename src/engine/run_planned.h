#pragma once

#include <stop_token>

#include <duckdb.hpp>

#include "engine/core.h"
#include "engine/planning.h"

namespace arrowport::engine {

/// Plans `statement` and runs it to its end, as the index gate lets it. `planning`, which is on for
/// this thread, goes off when it is planned.
duckdb::unique_ptr<duckdb::QueryResult> RunPlanned(
    Core& core, duckdb::Connection& connection, duckdb::unique_ptr<duckdb::SQLStatement> statement,
    Planning& planning, const std::stop_token& stop);

/// The same of one that was prepared on `connection`, which DuckDB plans again where it has to.
duckdb::unique_ptr<duckdb::QueryResult> RunPlanned(Core& core, duckdb::Connection& connection,
                                                   duckdb::PreparedStatement& prepared,
                                                   const duckdb::vector<duckdb::Value>& values,
                                                   Planning& planning, const std::stop_token& stop);

}  // namespace arrowport::engine
