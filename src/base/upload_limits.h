#pragma once

#include <cstdint>

#include "base/limits.h"

namespace arrowport::limits {

// Bounds on rows that are sent in other forms than an Arrow stream. See base/limits.h.

/// Bytes of text (CSV, JSON) that are turned into one batch. Types are inferred from the first.
inline constexpr int64_t kTextBlockBytes = kMiB;

/// Bytes of one row of text. Quotes that nobody closes make all that comes one row.
inline constexpr int64_t kTextRowBytesMax = 16 * kMiB;

/// Bytes of a Parquet file's footer, which is held in memory several times over.
inline constexpr int64_t kParquetFooterBytesMax = 16 * kMiB;

/// Bytes that a body may unpack to before the ratio of the two is looked at. Small bodies may well
/// be of one value.
inline constexpr int64_t kUnpackedBytesFree = 64 * kMiB;

/// The same for the rows of a Parquet file, whose values are often few.
inline constexpr int64_t kParquetRowBytesFree = kGiB;

}  // namespace arrowport::limits
