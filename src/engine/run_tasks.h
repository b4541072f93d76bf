#pragma once

#include <duckdb.hpp>

#include "engine/workers.h"

namespace arrowport::engine {

/// What DuckDB's own threads do, on this one for a short time, and for the tasks of the statement
/// that runs on `context` alone. Asks for `workers` when it is no short one; with `may_be_point`,
/// which a kept plan mostly is, that takes longer. May throw what DuckDB throws.
void RunTasks(duckdb::ClientContext& context, Workers::Use& workers, bool may_be_point);

}  // namespace arrowport::engine
