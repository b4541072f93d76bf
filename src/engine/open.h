#pragma once

#include <memory>

#include "engine/core.h"
#include "engine/database.h"
#include "engine/result_budget.h"

namespace arrowport::engine {

/// Opens the DuckDB instance of `options` with the settings of a server, and what goes with it.
/// `budget` is as of Core.
Result<std::shared_ptr<Core>> OpenCore(DatabaseOptions options,
                                       std::shared_ptr<ResultBudget> budget = nullptr);

}  // namespace arrowport::engine
