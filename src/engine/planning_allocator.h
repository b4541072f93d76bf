#pragma once

#include <duckdb.hpp>
#include <duckdb/common/allocator.hpp>

namespace arrowport::engine {

/// DuckDB's own allocator, with a look by Planning before each allocation: the optimizer computes
/// what is constant, and `range(1000000000)` in a statement is gigabytes of no tree.
duckdb::unique_ptr<duckdb::Allocator> MakePlanningAllocator();

/// Has DuckDB use it where it asks no database for one. Quick after the first time.
void UsePlanningAllocator();

}  // namespace arrowport::engine
