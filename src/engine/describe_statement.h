#pragma once

#include <memory>

#include <duckdb.hpp>

#include "base/error.h"
#include "engine/core.h"
#include "engine/database.h"

namespace arrowport::engine {

/// engine::Session::DescribeQuery, on the connection of it.
Result<QueryInfo> DescribeStatement(const Core& core, duckdb::Connection& connection,
                                    const Statement& statement, const QueryOptions& options);

/// engine::Database::DescribeQuery.
Result<QueryInfo> DescribeStatement(const std::shared_ptr<Core>& core, const Statement& statement,
                                    const QueryOptions& options);

}  // namespace arrowport::engine
