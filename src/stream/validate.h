#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <arrow/array/data.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/error.h"

namespace arrowport::stream {

/// Refuses a schema that is nested deeper than `limits::kSchemaDepthMax`, has more fields than
/// `limits::kSchemaFieldsMax`, no column at all, a name that is not UTF-8 or holds a zero byte,
/// decimals with a scale below zero or above their precision or lists of a fixed size that DuckDB
/// has no arrays of (kUnsupportedMedia), or the same name twice among the columns or among the
/// fields of a struct (names are compared as DuckDB does, without regard to ASCII case).
Status ValidateSchema(const arrow::Schema& schema);

/// Refuses a batch that is not valid in every value: types, offsets, lengths, UTF-8, decimal
/// precision, ranges of dates and times, dictionary indices, view buffers, nulls in a column that
/// is declared without. `index` is the batch's place in its stream, for the message.
/// After this returned OK, reading any value of the batch stays inside of its buffers.
Status ValidateBatch(const arrow::RecordBatch& batch, int64_t index);

/// ValidateBatch for the batches of one stream: a dictionary that several of them share is looked
/// at once. One thread at a time.
class BatchValidator {
 public:
  Status Validate(const arrow::RecordBatch& batch, int64_t index);

 private:
  Status ValidateColumn(int column, const std::shared_ptr<arrow::ArrayData>& data);
  Status ValidateDictionaryColumn(int column, const arrow::ArrayData& data);

  // By column: the dictionary that was found valid last.
  std::vector<std::weak_ptr<arrow::ArrayData>> valid_dictionaries_;
};

}  // namespace arrowport::stream
