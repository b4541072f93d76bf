#pragma once

#include <cstdint>
#include <memory>

#include <arrow/record_batch.h>

#include "base/error.h"

namespace arrowport::client {

/// The batches of a reader in pieces of at most a row group and about limits::kPutPieceBytes, so
/// that a server can insert one while the next is on its way. Pieces share the memory of the batch
/// they are cut from.
class BatchCutter {
 public:
  /// `batches` must outlive it.
  explicit BatchCutter(arrow::RecordBatchReader& batches) : batches_(batches) {}

  /// The next piece; null at the end.
  Result<std::shared_ptr<arrow::RecordBatch>> Next();

 private:
  arrow::RecordBatchReader& batches_;
  std::shared_ptr<arrow::RecordBatch> batch_;
  int64_t offset_ = 0;
  int64_t piece_rows_ = 0;
};

}  // namespace arrowport::client
