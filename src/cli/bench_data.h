#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"

namespace arrowport::cli {

/// Where things for the next run are kept: $XDG_CACHE_HOME/arrowport or ~/.cache/arrowport.
std::string CacheFolder();

/// A DuckDB file with TPC-H's `lineitem` at `scale` (1: six million rows), made by DuckDB's own
/// generator when `folder` does not have it yet.
Result<std::string> LineitemDatabase(const std::string& folder, double scale);

/// A copy of `database` in `folder`, named `name`.
Result<std::string> CopyOfDatabase(const std::string& database, const std::string& folder,
                                   const std::string& name);

/// Adds to the DuckDB file `database` a table `points` with a key `id` from 0 up to `rows`, and a
/// table `wide` of as many rows with 200 bytes of text each.
Status AddRowTables(const std::string& database, int64_t rows);

}  // namespace arrowport::cli
