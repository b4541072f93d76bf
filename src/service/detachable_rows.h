#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/bounded_queue.h"
#include "base/call_control.h"
#include "base/error.h"
#include "engine/result_stream.h"
#include "service/spill_space.h"
#include "service/spilled_batches.h"

namespace arrowport::service {

/// The rows of a statement that others wait for: its reader takes them as they are made, until
/// somebody needs the connection. Then the rest is made at once and waits for the reader, in memory
/// as long as it is little, and on disk.
class DetachableRows final : public engine::ResultStream {
 public:
  DetachableRows(std::shared_ptr<engine::ResultStream> inner, std::shared_ptr<SpillSpace> space);
  ~DetachableRows() override = default;
  DetachableRows(const DetachableRows&) = delete;
  DetachableRows& operator=(const DetachableRows&) = delete;

  /// Takes over all rows that nobody has read; blocks until the statement is over. Where there is
  /// no room for them the statement is ended, and its reader told. One caller at a time, by the
  /// only reference beside those of the readers: when these have gone, so do the rows.
  static Status Detach(const std::shared_ptr<DetachableRows>& rows, const CallControl& control);

  // As of engine::ResultStream.
  [[nodiscard]] const std::shared_ptr<arrow::Schema>& schema() const override {
    return inner_->schema();
  }
  [[nodiscard]] bool ordered() const override { return inner_->ordered(); }
  [[nodiscard]] std::optional<double> progress() const override { return inner_->progress(); }
  QueueState Poll(std::shared_ptr<arrow::RecordBatch>* batch, std::function<void()> wake) override;
  [[nodiscard]] Status status() const override;
  void Cancel(const Status& reason) override;

 private:
  using BatchPtr = std::shared_ptr<arrow::RecordBatch>;

  Status Keep(BatchPtr batch);
  Status KeepLocked(BatchPtr batch);
  void EndDetaching();
  void DropLocked();

  const std::shared_ptr<engine::ResultStream> inner_;
  const std::shared_ptr<SpillSpace> space_;

  // Everything below is guarded by mutex_.
  mutable std::mutex mutex_;
  bool detaching_ = false;
  Status failure_;             // Of keeping rows, or why they were dropped.
  std::deque<BatchPtr> held_;  // Before what is on disk.
  int64_t held_bytes_ = 0;
  SpilledBatches spilled_;
  std::vector<std::function<void()>> waiting_;
};

}  // namespace arrowport::service
