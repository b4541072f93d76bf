#pragma once

#include <chrono>
#include <cstdint>

#include "base/limits.h"

namespace arrowport::limits {

// Bounds on rows that are sent in forms that take less than the rows. See base/limits.h.

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

/// Frames (zstd, LZ4) or members (gzip) that a compressed body may have however small they are, and
/// the bytes that it has for each further one. Empty ones have 9 to 20 bytes, and unpack to
/// nothing.
inline constexpr int64_t kFramesFree = 1024;
inline constexpr int64_t kFrameBytesMin = 32;

/// How long what came in may wait for the memory to unpack it in, before it is refused. DuckDB
/// takes the rows of others in less.
inline constexpr std::chrono::seconds kIncomingMemoryPatience{10};

}  // namespace arrowport::limits
