#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include <arrow/record_batch.h>

#include "base/error.h"
#include "service/spill_space.h"
#include "stream/spill_queue.h"

namespace arrowport::service {

/// Batches that wait on disk, first in first out, counted in the space that all of them share. For
/// one thread at a time.
class SpilledBatches {
 public:
  explicit SpilledBatches(std::shared_ptr<SpillSpace> space)
      : space_(std::move(space)), queue_(space_->directory()) {}
  ~SpilledBatches() { space_->Add(-counted_); }
  SpilledBatches(const SpilledBatches&) = delete;
  SpilledBatches& operator=(const SpilledBatches&) = delete;

  [[nodiscard]] bool empty() const { return queue_.empty(); }

  /// Whoever pushes has asked the space for room. kUnavailable when the disk does not take it.
  Status Push(const std::shared_ptr<arrow::RecordBatch>& batch);

  /// The oldest batch. Not to be called when it is empty.
  Result<std::shared_ptr<arrow::RecordBatch>> Pop();

  void Clear();

 private:
  void Count();

  const std::shared_ptr<SpillSpace> space_;
  stream::SpillQueue queue_;
  int64_t counted_ = 0;  // Of its bytes, in the space.
};

}  // namespace arrowport::service
