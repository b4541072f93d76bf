#pragma once

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/error.h"

namespace arrowport::stream {

/// Refuses a schema that is nested deeper than `limits::kSchemaDepthMax`, has more fields than
/// `limits::kSchemaFieldsMax`, no column at all, a name that is not UTF-8, or the same column name
/// twice (names are compared as DuckDB does, without regard to ASCII case).
Status ValidateSchema(const arrow::Schema& schema);

/// Refuses a batch that is not valid in every value: offsets, lengths, UTF-8, decimal precision,
/// dictionary indices, view buffers. `index` is the batch's place in its stream, for the message.
/// After this returned OK, reading any value of the batch stays inside of its buffers.
Status ValidateBatch(const arrow::RecordBatch& batch, int64_t index);

}  // namespace arrowport::stream
