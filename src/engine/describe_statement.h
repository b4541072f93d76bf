#pragma once

#include <memory>

#include "base/error.h"
#include "engine/core.h"
#include "engine/database.h"

namespace arrowport::engine {

/// engine::Database::DescribeQuery.
Result<QueryInfo> DescribeStatement(const std::shared_ptr<Core>& core, const Statement& statement,
                                    const QueryOptions& options);

}  // namespace arrowport::engine
