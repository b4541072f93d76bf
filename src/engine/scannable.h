#pragma once

#include <memory>

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/error.h"

namespace arrowport::engine {

/// Makes batches such that DuckDB's scan of Arrow arrays reads them right.
///
/// Tried on DuckDB 1.5.5 with each type within lists and structs, more rows than a vector, and
/// slices. What it gets wrong, silently or by writing over the heap, is taken out of its way here:
///   - dictionaries within other types, and dictionaries of nested values, become plain values;
///   - list views become lists;
///   - intervals of days and milliseconds become those of months, days and nanoseconds;
///   - nested arrays that are slices are copied, so that they begin at their first value;
///   - a validity bitmap that ends where its memory ends gets a byte more, which is read too.
/// Batches without these, which is most of them, pass as they are.
///
/// Immutable; safe to use from many threads.
class Scannable {
 public:
  explicit Scannable(const std::shared_ptr<arrow::Schema>& schema);

  /// The schema of what Convert answers.
  [[nodiscard]] const std::shared_ptr<arrow::Schema>& schema() const { return schema_; }

  /// `batch`, which has the schema that this was made with and is valid in full, with the same
  /// values in layouts that can be scanned. kTooLarge when one plain column would take more than
  /// limits::kPlainColumnBytesMax: few bytes of a dictionary can stand for any number.
  [[nodiscard]] Result<std::shared_ptr<arrow::RecordBatch>> Convert(
      std::shared_ptr<arrow::RecordBatch> batch) const;

  /// A part of a batch that Convert answered, fit to be scanned too.
  [[nodiscard]] static Result<std::shared_ptr<arrow::RecordBatch>> Slice(
      const arrow::RecordBatch& batch, int64_t offset, int64_t rows);

 private:
  std::shared_ptr<arrow::Schema> schema_;
  bool changes_types_ = false;
};

}  // namespace arrowport::engine
