#pragma once

#include <cstdint>

#include <arrow/array/data.h>
#include <arrow/record_batch.h>

#include "base/error.h"

namespace arrowport {

/// What DuckDB makes of `batch`, which is valid, takes at most `bytes_max`. A few bytes of Arrow
/// may stand for any number of them, in two ways:
///   - values that many rows share are written out for each: those of dictionaries, of run ends, of
///     list views, and the texts of views. They are bounded for the batch.
///     What of them no row has counts once, since it is written out as well.
///   - lists become whole vectors, whose elements take more than Arrow's: a null takes four bytes,
///     a boolean one, and a text 16 beside its own. They are bounded for each vector of 2,048 rows.
/// \return kTooLarge with the column.
Status CheckWrittenOut(const arrow::RecordBatch& batch, int64_t bytes_max);

/// Bytes of both kinds of values; none where Arrow has them as DuckDB does.
int64_t BytesWrittenOut(const arrow::RecordBatch& batch);
int64_t BytesWrittenOut(const arrow::ArrayData& column);

/// Bytes that DuckDB's vectors have for `count` rows of `batch` from the one at `first` on.
int64_t VectorBytes(const arrow::RecordBatch& batch, int64_t first, int64_t count);

}  // namespace arrowport
