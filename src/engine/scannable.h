#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/error.h"

namespace arrowport::engine {

/// Makes batches such that DuckDB's scan of Arrow arrays reads them right.
///
/// Tried on DuckDB 1.5.5 with each type within lists and structs, more rows than a vector, and
/// slices. What it gets wrong, silently or by writing over the heap, is taken out of its way here:
///   - run ends, dictionaries within other types, and dictionaries of nested values become plain
///     values;
///   - list views become lists;
///   - durations, timestamps with a zone, dates of milliseconds and intervals get DuckDB's units,
///     rounded down;
///   - members of unions are numbered by their place;
///   - extension types that DuckDB does not know become what they are stored as, and so do
///     geometries within lists;
///   - values that DuckDB would take for its own, and trip over later, are refused;
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

  /// `batch`, of the same schema, in parts whose values take at most about `bytes_max` each once
  /// they are written out; a row that takes more is one of its own. Few bytes of Arrow may stand
  /// for many, and so they never all do at once.
  [[nodiscard]] std::vector<std::shared_ptr<arrow::RecordBatch>> Cut(
      const std::shared_ptr<arrow::RecordBatch>& batch, int64_t bytes_max) const;

  /// `batch`, which has the schema that this was made with and is valid in full, with the same
  /// values in layouts that can be scanned; the `index`th batch of a stream, or the part of it from
  /// `first_row` on, for messages.
  ///
  /// \return kTooLarge when one plain column would take more than limits::kPlainColumnBytesMax: few
  /// bytes of a dictionary can stand for any number. kInvalidInput for a value that DuckDB has no
  /// place for, by the batch, the column and its place.
  [[nodiscard]] Result<std::shared_ptr<arrow::RecordBatch>> Convert(
      std::shared_ptr<arrow::RecordBatch> batch, int64_t index, int64_t first_row = 0) const;

  /// Convert in two steps. What was written out may be joined before it is aligned.
  [[nodiscard]] Result<std::shared_ptr<arrow::RecordBatch>> WriteOut(
      std::shared_ptr<arrow::RecordBatch> batch, int64_t index, int64_t first_row = 0) const;
  [[nodiscard]] static Result<std::shared_ptr<arrow::RecordBatch>> Align(
      std::shared_ptr<arrow::RecordBatch> batch);

  /// A part of a batch that Convert answered, fit to be scanned too.
  [[nodiscard]] static Result<std::shared_ptr<arrow::RecordBatch>> Slice(
      const arrow::RecordBatch& batch, int64_t offset, int64_t rows);

 private:
  std::shared_ptr<arrow::Schema> schema_;
  bool is_plain_ = true;
};

}  // namespace arrowport::engine
