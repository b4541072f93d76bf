#include "service/detachable_rows.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include <arrow/record_batch.h>
#include <arrow/util/byte_size.h>

#include "base/bounded_queue.h"
#include "base/call_control.h"
#include "base/error.h"
#include "base/event.h"
#include "base/limits.h"
#include "engine/result_stream.h"
#include "service/spill_space.h"

namespace arrowport::service {
namespace {

constexpr int64_t kHeldBytesMax = kMiB;

// Between two looks whether somebody still wants the rows.
constexpr auto kLookInterval = std::chrono::milliseconds(100);

Status CheckControl(const CallControl& control) {
  if (control.stop.stop_requested()) {
    return MakeError(ErrorKind::kCancelled, "the caller cancelled the statement");
  }
  if (control.deadline && Clock::now() >= *control.deadline) {
    return MakeError(ErrorKind::kDeadlineExceeded,
                     "the deadline passed while the result of the statement before was put aside");
  }
  return Status::OK();
}

}  // namespace

DetachableRows::DetachableRows(std::shared_ptr<engine::ResultStream> inner,
                               std::shared_ptr<SpillSpace> space)
    : inner_(std::move(inner)), space_(std::move(space)), spilled_(space_) {}

Status DetachableRows::Detach(const std::shared_ptr<DetachableRows>& rows,
                              const CallControl& control) {
  {
    const std::lock_guard lock(rows->mutex_);
    rows->detaching_ = true;
  }
  Status done;
  for (;;) {
    done = CheckControl(control);
    if (!done.ok()) break;
    if (rows.use_count() == 1) {
      rows->inner_->Cancel(MakeError(ErrorKind::kCancelled, "nobody reads the result any more"));
    }
    const auto more = std::make_shared<Event>();
    BatchPtr batch;
    const QueueState state = rows->inner_->Poll(&batch, [more] { more->Set(); });
    if (state == QueueState::kClosed) break;
    if (state == QueueState::kWait) {
      more->WaitUntil(Clock::now() + kLookInterval);
      continue;
    }
    const Status kept = rows->Keep(std::move(batch));
    // It is its reader's failure, not that of who waits for the connection.
    if (!kept.ok()) rows->Cancel(kept);
  }
  rows->EndDetaching();
  return done;
}

Status DetachableRows::Keep(BatchPtr batch) {
  std::vector<std::function<void()>> woken;
  Status kept;
  {
    const std::lock_guard lock(mutex_);
    kept = KeepLocked(std::move(batch));
    woken.swap(waiting_);
  }
  for (const auto& wake : woken) wake();
  return kept;
}

Status DetachableRows::KeepLocked(BatchPtr batch) {
  const int64_t bytes = arrow::util::TotalBufferSize(*batch);
  if (spilled_.empty() && held_bytes_ + bytes <= kHeldBytesMax) {
    held_.push_back(std::move(batch));
    held_bytes_ += bytes;
    return Status::OK();
  }
  if (!space_->HasRoomFor(bytes)) {
    return MakeError(ErrorKind::kOverloaded,
                     "the result was ended: the next statement came before it was read, and there "
                     "is no room to keep it meanwhile");
  }
  return spilled_.Push(batch);
}

void DetachableRows::EndDetaching() {
  std::vector<std::function<void()>> woken;
  {
    const std::lock_guard lock(mutex_);
    detaching_ = false;
    woken.swap(waiting_);
  }
  for (const auto& wake : woken) wake();
}

QueueState DetachableRows::Poll(std::shared_ptr<arrow::RecordBatch>* batch,
                                std::function<void()> wake) {
  const std::lock_guard lock(mutex_);
  if (!failure_.ok()) return QueueState::kClosed;
  if (!held_.empty()) {
    *batch = std::move(held_.front());
    held_.pop_front();
    held_bytes_ -= arrow::util::TotalBufferSize(**batch);
    return QueueState::kReady;
  }
  if (!spilled_.empty()) {
    auto taken = spilled_.Pop();
    if (!taken.ok()) {
      failure_ = taken.status();
      return QueueState::kClosed;
    }
    *batch = *std::move(taken);
    return QueueState::kReady;
  }
  if (detaching_) {
    waiting_.push_back(std::move(wake));
    return QueueState::kWait;
  }
  // Under the lock, so that nothing is kept meanwhile that comes before.
  return inner_->Poll(batch, std::move(wake));
}

Status DetachableRows::status() const {
  const std::lock_guard lock(mutex_);
  return failure_.ok() ? inner_->status() : failure_;
}

void DetachableRows::Cancel(const Status& reason) {
  inner_->Cancel(reason);
  std::vector<std::function<void()>> woken;
  {
    const std::lock_guard lock(mutex_);
    const bool has_rows = !held_.empty() || !spilled_.empty() || detaching_;
    if (has_rows && failure_.ok()) failure_ = reason;
    DropLocked();
    woken.swap(waiting_);
  }
  for (const auto& wake : woken) wake();
}

void DetachableRows::DropLocked() {
  held_.clear();
  held_bytes_ = 0;
  spilled_.Clear();
}

}  // namespace arrowport::service
