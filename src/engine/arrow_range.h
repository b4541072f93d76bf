#pragma once

#include <duckdb.hpp>

namespace arrowport::engine {

/// Whether values of `type` can be such that Arrow has no room for them, of which DuckDB's appender
/// says nothing: it hands out UHUGEINT as a decimal of 128 bits, which has a sign, and the time of
/// an INTERVAL as nanoseconds.
bool CanLeaveArrowRange(const duckdb::LogicalType& type);

/// Looks at the rows of `vector`, which has `size`, from `from`, before `to`. Throws
/// OutOfRangeException for a value that Arrow has no room for.
void CheckArrowRange(duckdb::Vector& vector, duckdb::idx_t from, duckdb::idx_t to,
                     duckdb::idx_t size);

}  // namespace arrowport::engine
