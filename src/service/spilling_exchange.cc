#include "service/spilling_exchange.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include <arrow/record_batch.h>

#include "base/batch_bytes.h"
#include "base/bounded_queue.h"
#include "base/call_control.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/worker_pool.h"
#include "engine/exchange.h"
#include "engine/result_stream.h"
#include "service/spill_space.h"
#include "service/spilled_batches.h"

namespace arrowport::service {
namespace {

using BatchPtr = std::shared_ptr<arrow::RecordBatch>;
using Wake = std::function<void()>;

/// The way of the batches into `inner`: straight as long as there is room, and else over the disk.
///
/// A step takes one batch in hand, or one from the disk, to where it can go; steps run one after
/// the other on a thread of the space. The inner exchange is never called under the mutex, since it
/// may call back.
class InputPath final : public std::enable_shared_from_this<InputPath> {
 public:
  InputPath(std::shared_ptr<engine::Exchange> inner, std::shared_ptr<SpillSpace> space)
      : inner_(std::move(inner)), space_(std::move(space)), queue_(space_) {}

  ~InputPath() = default;
  InputPath(const InputPath&) = delete;
  InputPath& operator=(const InputPath&) = delete;

  [[nodiscard]] engine::Exchange& inner() { return *inner_; }

  QueueState Write(BatchPtr batch, Wake wake) {
    {
      const std::lock_guard lock(mutex_);
      if (closed_) return QueueState::kClosed;
      if (spilling_) {
        in_hand_ = std::move(batch);
        BeginWaitLocked(std::move(wake));
        StartStepsLocked();
        return QueueState::kWait;
      }
    }
    const bool taken = WriteInner(std::move(batch));
    const std::lock_guard lock(mutex_);
    if (!taken || closed_) return QueueState::kClosed;
    if (has_room_) return QueueState::kReady;
    BeginWaitLocked(std::move(wake));
    return QueueState::kWait;
  }

  void EndInput() {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
      if (spilling_) return StartStepsLocked();
    }
    inner_->EndInput();
  }

  void Abort(const Status& reason) {
    Wake wake;
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
      std::swap(wake, wake_);
      if (spilling_) StartStepsLocked();
    }
    inner_->Abort(reason);
    if (wake) wake();
  }

  // What the reader of the rows does tells whether the client reads at all.
  void ReaderCame() { ReaderStands(/*waits=*/false); }
  void ReaderWaits() { ReaderStands(/*waits=*/true); }

 private:
  void ReaderStands(bool waits) {
    const std::lock_guard lock(mutex_);
    reader_waits_ = waits;
    reader_came_at_ = Clock::now();
  }

  // False when the statement needs no more.
  bool WriteInner(BatchPtr batch) {
    {
      const std::lock_guard lock(mutex_);
      has_room_ = false;
    }
    const QueueState state = inner_->Write(std::move(batch), [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->OnRoom();
    });
    const std::lock_guard lock(mutex_);
    if (state == QueueState::kReady) has_room_ = true;
    if (state == QueueState::kClosed) closed_ = true;
    return !closed_;
  }

  void OnRoom() {
    Wake wake;
    {
      const std::lock_guard lock(mutex_);
      has_room_ = true;
      if (spilling_) return StartStepsLocked();
      std::swap(wake, wake_);
    }
    if (wake) wake();
  }

  void BeginWaitLocked(Wake wake) {
    wake_ = std::move(wake);
    waits_since_ = Clock::now();
    full_ = false;
    WatchLocked(limits::kSpillPatience);
  }

  void WatchLocked(Clock::duration time) {
    if (std::exchange(watched_, true)) return;
    space_->timer().Add(Clock::now() + time, [weak = weak_from_this()] {
      auto self = weak.lock();
      if (self == nullptr) return;
      // Not here: the last one who holds the space must not be its timer's own thread.
      WorkerPool& threads = self->space_->threads();
      threads.Post([self = std::move(self)] { self->Look(); });
    });
  }

  // Whether the one who writes has waited too long.
  void Look() {
    Wake wake;
    {
      const std::lock_guard lock(mutex_);
      watched_ = false;
      if (closed_ || !wake_) return;
      const auto idle = reader_waits_ ? Clock::duration::zero()
                                      : Clock::now() - std::max(waits_since_, reader_came_at_);
      if (spilling_) {
        if (idle < space_->full_patience()) return WatchLocked(limits::kSpillPatience);
        full_ = true;
        return StartStepsLocked();
      }
      if (idle < limits::kSpillPatience) return WatchLocked(limits::kSpillPatience);
      spilling_ = true;
      std::swap(wake, wake_);
    }
    wake();
  }

  void StartStepsLocked() {
    if (std::exchange(stepping_, true)) return;
    space_->threads().Post([self = shared_from_this()] { self->TakeSteps(); });
  }

  enum class Step { kNone, kDrop, kGiveUp, kFromDisk, kPastDisk, kToDisk, kEnd };

  Step NextStepLocked() {
    if (closed_) return Step::kDrop;
    if (has_room_ && !queue_.empty()) return Step::kFromDisk;
    if (has_room_ && in_hand_ != nullptr) return Step::kPastDisk;
    if (in_hand_ != nullptr) {
      if (space_->HasRoomFor(BytesOf(*in_hand_))) return Step::kToDisk;
      return full_ ? Step::kGiveUp : Step::kNone;
    }
    if (!queue_.empty() || !has_room_) return Step::kNone;
    if (ended_) return Step::kEnd;
    spilling_ = false;
    return Step::kNone;
  }

  void TakeSteps() {
    for (;;) {
      Step step = Step::kNone;
      {
        const std::lock_guard lock(mutex_);
        step = NextStepLocked();
        stepping_ = step != Step::kNone;
        if (!stepping_) return;
      }
      if (step == Step::kDrop) return Drop();
      if (step == Step::kEnd) return inner_->EndInput();
      const Status taken = Take(step);
      if (!taken.ok()) Abort(taken);
    }
  }

  Status Take(Step step) {
    switch (step) {
      case Step::kFromDisk: {
        ARROW_ASSIGN_OR_RAISE(BatchPtr batch, queue_.Pop());
        WriteInner(std::move(batch));
        return Status::OK();
      }
      case Step::kPastDisk:
        WriteInner(TakeFromHand());
        break;
      case Step::kToDisk: {
        ARROW_RETURN_NOT_OK(queue_.Push(TakeFromHand()));
        break;
      }
      default:
        return Full();
    }
    WakeWriter();
    return Status::OK();
  }

  BatchPtr TakeFromHand() {
    const std::lock_guard lock(mutex_);
    return std::exchange(in_hand_, nullptr);
  }

  void WakeWriter() {
    Wake wake;
    {
      const std::lock_guard lock(mutex_);
      std::swap(wake, wake_);
    }
    if (wake) wake();
  }

  // Nobody needs what is left. The steps are over for good.
  void Drop() {
    queue_.Clear();
    TakeFromHand();
    WakeWriter();
  }

  [[nodiscard]] Status Full() const {
    return MakeError(ErrorKind::kTooLarge,
                     "the client sends without reading, and what it is ahead does not fit on disk: "
                     "exchange_spill_bytes_max is " +
                         std::to_string(space_->bytes_max()) +
                         " bytes for all exchanges together; read while you send, or raise it");
  }

  // Constant after construction.
  const std::shared_ptr<engine::Exchange> inner_;
  const std::shared_ptr<SpillSpace> space_;

  // Of the steps.
  SpilledBatches queue_;

  // Everything below is guarded by mutex_.
  std::mutex mutex_;
  bool has_room_ = true;
  bool spilling_ = false;  // Batches go by steps.
  bool stepping_ = false;
  bool ended_ = false;
  bool closed_ = false;
  bool full_ = false;     // The space is, and the client has had its time.
  BatchPtr in_hand_;      // Taken, and neither written nor on disk.
  Wake wake_;             // Of the one who writes and waits.
  bool watched_ = false;  // A Look is to come.
  Clock::time_point waits_since_;
  bool reader_waits_ = false;
  Clock::time_point reader_came_at_ = Clock::now();
};

/// The rows of the inner exchange, for which the path is told of the reader.
class WatchedRows final : public engine::ResultStream {
 public:
  WatchedRows(std::shared_ptr<engine::ResultStream> rows, std::shared_ptr<InputPath> path)
      : rows_(std::move(rows)), path_(std::move(path)) {}

  [[nodiscard]] const std::shared_ptr<arrow::Schema>& schema() const override {
    return rows_->schema();
  }
  [[nodiscard]] bool ordered() const override { return rows_->ordered(); }
  [[nodiscard]] Status status() const override { return rows_->status(); }
  void Cancel(const Status& reason) override { rows_->Cancel(reason); }

  QueueState Poll(BatchPtr* batch, Wake wake) override {
    path_->ReaderCame();
    const QueueState state =
        rows_->Poll(batch, [weak = std::weak_ptr(path_), wake = std::move(wake)] {
          if (const auto path = weak.lock()) path->ReaderCame();
          wake();
        });
    if (state == QueueState::kWait) path_->ReaderWaits();
    return state;
  }

 private:
  const std::shared_ptr<engine::ResultStream> rows_;
  const std::shared_ptr<InputPath> path_;
};

class SpillingExchange final : public engine::Exchange {
 public:
  explicit SpillingExchange(std::shared_ptr<InputPath> path)
      : path_(std::move(path)),
        rows_(std::make_shared<WatchedRows>(path_->inner().rows(), path_)) {}

  ~SpillingExchange() override {
    Abort(MakeError(ErrorKind::kCancelled, "the exchange was given up before its end"));
  }

  SpillingExchange(const SpillingExchange&) = delete;
  SpillingExchange& operator=(const SpillingExchange&) = delete;

  [[nodiscard]] const std::shared_ptr<engine::ResultStream>& rows() const override { return rows_; }
  QueueState Write(BatchPtr batch, Wake wake) override {
    return path_->Write(std::move(batch), std::move(wake));
  }
  void EndInput() override { path_->EndInput(); }
  void Abort(const Status& reason) override { path_->Abort(reason); }

 private:
  const std::shared_ptr<InputPath> path_;
  const std::shared_ptr<engine::ResultStream> rows_;
};

}  // namespace

std::shared_ptr<engine::Exchange> MakeSpillingExchange(std::shared_ptr<engine::Exchange> inner,
                                                       std::shared_ptr<SpillSpace> space) {
  return std::make_shared<SpillingExchange>(
      std::make_shared<InputPath>(std::move(inner), std::move(space)));
}

}  // namespace arrowport::service
