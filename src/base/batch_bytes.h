#pragma once

#include <cstdint>

#include <arrow/array.h>
#include <arrow/record_batch.h>

namespace arrowport {

/// Bytes of memory that the values of `batch` occupy. A slice counts what it refers to, not the
/// whole buffers that it shares with its siblings.
int64_t BytesOf(const arrow::RecordBatch& batch);
int64_t BytesOf(const arrow::Array& array);

/// Of rows like those of `batch`, which has some: a row group (limits::kMorselRows), or the half of
/// one, or a quarter …, such that its values have at most `bytes_max`; 1 at least.
int64_t RowGroupPart(const arrow::RecordBatch& batch, int64_t bytes_max);

}  // namespace arrowport
