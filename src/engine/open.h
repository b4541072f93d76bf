#pragma once

#include <memory>

#include "engine/core.h"
#include "engine/database.h"

namespace arrowport::engine {

/// Opens the DuckDB instance of `options` with the settings of a server, and what goes with it.
Result<std::shared_ptr<Core>> OpenCore(DatabaseOptions options);

}  // namespace arrowport::engine
