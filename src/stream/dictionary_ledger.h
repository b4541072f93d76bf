#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>

#include <arrow/record_batch.h>

#include "base/error.h"
#include "stream/ipc_message.h"

namespace arrowport::stream {

/// Keeps count of the dictionaries that a stream's decoder holds: every delta adds to one, and
/// nothing but the stream's end frees them, so without a bound they could grow for ever.
class DictionaryLedger {
 public:
  explicit DictionaryLedger(int64_t bytes_max) : bytes_max_(bytes_max) {}

  /// Counts the body of a dictionary message that was read; kTooLarge over the bound.
  Status Add(const IpcMessage& message, int64_t bytes);

  /// Counts what the message that was added last took besides, when it was decompressed.
  Status Grow(const IpcMessage& message, int64_t bytes);

 private:
  // Constant after construction.
  const int64_t bytes_max_;

  std::unordered_map<int64_t, int64_t> bytes_by_id_;
  int64_t bytes_held_ = 0;
};

/// `batch` with dictionaries that nobody else changes. Arrow's reader puts a replaced dictionary
/// that stands inside of another one right into the outer one, which earlier batches share: they
/// would change under their reader. Buffers are shared, not copied.
Result<std::shared_ptr<arrow::RecordBatch>> WithOwnDictionaries(
    std::shared_ptr<arrow::RecordBatch> batch);

}  // namespace arrowport::stream
