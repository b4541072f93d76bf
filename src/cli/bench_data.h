#pragma once

#include <string>

#include "base/error.h"

namespace arrowport::cli {

/// Where things for the next run are kept: $XDG_CACHE_HOME/arrowport or ~/.cache/arrowport.
std::string CacheFolder();

/// A DuckDB file with TPC-H's `lineitem` at `scale` (1: six million rows), made by DuckDB's own
/// generator when `folder` does not have it yet.
Result<std::string> LineitemDatabase(const std::string& folder, double scale);

}  // namespace arrowport::cli
