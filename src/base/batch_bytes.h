#pragma once

#include <cstdint>

#include <arrow/array.h>
#include <arrow/record_batch.h>

namespace arrowport {

/// Bytes of memory that the values of `batch` occupy. A slice counts what it refers to, not the
/// whole buffers that it shares with its siblings.
int64_t BytesOf(const arrow::RecordBatch& batch);
int64_t BytesOf(const arrow::Array& array);

}  // namespace arrowport
