#pragma once

#include <cstdint>

#include <arrow/record_batch.h>

#include "base/error.h"

namespace arrowport::stream {

/// Whether the text and bytes of `batch`, which is valid, take at most `bytes_max` when each value
/// is written out, as DuckDB does it. Values that many rows share count once for each: of a
/// dictionary, and of the layouts with views, a few bytes may otherwise stand for any number.
/// \return kTooLarge with the column.
Status CheckWrittenOut(const arrow::RecordBatch& batch, int64_t bytes_max);

}  // namespace arrowport::stream
