#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>

#include <arrow/record_batch.h>

#include "base/error.h"

namespace arrowport::cli {

/// Cuts the rows of a reader into parts of so many rows, the last of which may have fewer.
///
///     while (more) { Send(parts.NextPart()); more = parts.HasMore(); }
///
/// Batches are cut where a part ends, without a copy. One thread at a time.
class RowParts {
 public:
  /// Reading is kCancelled once `stop` was requested.
  RowParts(std::shared_ptr<arrow::RecordBatchReader> rows, int64_t part_rows_max,
           std::stop_token stop);
  ~RowParts();

  RowParts(const RowParts&) = delete;
  RowParts& operator=(const RowParts&) = delete;

  /// Reads so many rows, or to the end, and drops them. \return how many they were.
  Result<int64_t> Skip(int64_t rows);

  /// Whether there are rows behind what was read.
  Result<bool> HasMore();

  /// The next part, to be read to its end before another call. Without rows when there are none.
  arrow::RecordBatchReader& NextPart();

 private:
  class Part;

  /// The next rows, at most `rows_max`; null at the end.
  Result<std::shared_ptr<arrow::RecordBatch>> Take(int64_t rows_max);

  // Constant after construction.
  const std::shared_ptr<arrow::RecordBatchReader> rows_;
  const int64_t part_rows_max_;
  const std::stop_token stop_;

  std::shared_ptr<arrow::RecordBatch> ahead_;  // Read, and not yet taken; never without rows.
  std::unique_ptr<Part> part_;
};

}  // namespace arrowport::cli
