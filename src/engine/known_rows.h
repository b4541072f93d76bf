#pragma once

#include <cstdint>
#include <memory>

#include "base/call_control.h"
#include "base/error.h"
#include "engine/core.h"
#include "engine/database.h"

namespace arrowport::engine {

/// How many rows `statement` will answer, where that can be told without reading them: it takes
/// columns of all rows of one table of the database, or of a view over local Parquet files.
/// \return -1 where it cannot.
Result<int64_t> KnownRows(const std::shared_ptr<Core>& core, const Statement& statement,
                          const CallControl& control);

}  // namespace arrowport::engine
