#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include <arrow/record_batch.h>

#include "base/error.h"
#include "base/limits.h"

namespace arrowport::client {

inline constexpr int64_t kMergedBytesMax = 32 * kMiB;

/// The batches of all `readers`, which have one schema, in the order in which they come. Each is
/// read by a thread of its own, ahead by `kMergedBytesMax` in all. The first failure is
/// that of the whole.
///
/// `cancel` makes every reader end that waits; it is called from any thread, when the merged reader
/// fails or is destroyed before its end. There is at least one reader.
std::shared_ptr<arrow::RecordBatchReader> MergeReaders(
    std::vector<std::shared_ptr<arrow::RecordBatchReader>> readers, std::function<void()> cancel);

}  // namespace arrowport::client
