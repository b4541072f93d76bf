#pragma once

#include <memory>

#include <duckdb.hpp>

#include "base/call_control.h"
#include "base/error.h"
#include "engine/core.h"
#include "engine/database.h"

namespace arrowport::engine {

/// engine::Session::DescribeQuery, on the connection of it.
Result<QueryInfo> DescribeStatement(Core& core, duckdb::Connection& connection,
                                    const Statement& statement, const QueryOptions& options,
                                    const CallControl& control);

/// engine::Database::DescribeQuery.
Result<QueryInfo> DescribeStatement(const std::shared_ptr<Core>& core, const Statement& statement,
                                    const QueryOptions& options, const CallControl& control);

}  // namespace arrowport::engine
