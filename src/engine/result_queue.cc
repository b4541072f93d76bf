#include "engine/result_queue.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "base/bounded_queue.h"
#include "base/error.h"
#include "engine/result_budget.h"

namespace arrowport::engine {
namespace {

void Call(std::vector<ResultQueue::Wake>& wakes) {
  for (ResultQueue::Wake& wake : wakes) wake();
}

}  // namespace

/// What a batch that a reader has taken holds until it is destroyed.
class ResultQueue::Taken {
 public:
  Taken(std::shared_ptr<ResultQueue> queue, Held held)
      : queue_(std::move(queue)), held_(std::move(held)) {}

  ~Taken() {
    held_.batch.reset();
    queue_->GiveBack(held_.bytes);
  }

  Taken(const Taken&) = delete;
  Taken& operator=(const Taken&) = delete;

  [[nodiscard]] arrow::RecordBatch* batch() const { return held_.batch.get(); }

 private:
  const std::shared_ptr<ResultQueue> queue_;
  Held held_;
};

ResultQueue::ResultQueue(const ResultQueueOptions& options, std::shared_ptr<ResultBudget> budget)
    : options_(options), budget_(std::move(budget)) {}

ResultQueue::~ResultQueue() {
  const std::lock_guard lock(mutex_);
  Drop();
}

bool ResultQueue::IsReadable(uint64_t index) const {
  return order_ != ResultOrder::kBatchIndex || index <= smallest_index_;
}

ResultQueue::Account& ResultQueue::AccountOf(Share share) {
  return share == Share::kReadable ? readable_account_ : ahead_account_;
}

int64_t ResultQueue::RoomFor(uint64_t index) const {
  // So many batches that two workers build one each while one is read and one waits.
  constexpr int64_t kBatches = 4;
  const int64_t bytes_max = std::min(options_.bytes_max, budget_->ShareOfOne());
  const int64_t batch_bytes =
      std::clamp(bytes_max / kBatches, options_.batch_bytes_min, options_.batch_bytes);
  const bool readable = IsReadable(index);
  if (readable && readable_.empty() && readable_account_.reserved == 0) return batch_bytes;
  const int64_t share_max = order_ == ResultOrder::kBatchIndex ? bytes_max / 2 : bytes_max;
  const Account& account = readable ? readable_account_ : ahead_account_;
  return account.used() + batch_bytes <= share_max ? batch_bytes : 0;
}

bool ResultQueue::Reserve(uint64_t index, Wake wake, Reservation* reservation) {
  const std::lock_guard lock(mutex_);
  const int64_t room = RoomFor(index);
  if (!closed() && room == 0) {
    parked_.push_back({index, std::move(wake)});
    return false;
  }
  *reservation = {.share = IsReadable(index) ? Share::kReadable : Share::kAhead, .bytes = room};
  AccountOf(reservation->share).reserved += room;
  Report();
  return true;
}

void ResultQueue::EndReservation(const Reservation& reservation) {
  AccountOf(reservation.share).reserved -= reservation.bytes;
}

void ResultQueue::Unreserve(const Reservation& reservation) {
  std::vector<Wake> wakes;
  {
    const std::lock_guard lock(mutex_);
    EndReservation(reservation);
    Report();
    TakeParked(&wakes);
  }
  Call(wakes);
}

void ResultQueue::Push(uint64_t index, const Reservation& reservation, BatchPtr batch,
                       int64_t bytes) {
  std::vector<Wake> wakes;
  {
    const std::lock_guard lock(mutex_);
    EndReservation(reservation);
    if (closed()) return Report();
    if (IsReadable(index)) {
      readable_account_.held += bytes;
      readable_.push_back({std::move(batch), bytes});
      WakeReader(&wakes);
    } else {
      ahead_account_.held += bytes;
      ahead_[index].push_back({std::move(batch), bytes});
    }
    Report();
    TakeParked(&wakes);
  }
  Call(wakes);
}

void ResultQueue::AdvanceTo(uint64_t index) {
  std::vector<Wake> wakes;
  {
    std::lock_guard lock(mutex_);
    if (index <= smallest_index_) return;
    smallest_index_ = index;
    MoveReadable(&wakes);
    TakeParked(&wakes);
  }
  Call(wakes);
}

void ResultQueue::MoveReadable(std::vector<Wake>* wakes) {
  while (!ahead_.empty() && ahead_.begin()->first <= smallest_index_) {
    for (Held& held : ahead_.begin()->second) {
      ahead_account_.held -= held.bytes;
      readable_account_.held += held.bytes;
      readable_.push_back(std::move(held));
      WakeReader(wakes);
    }
    ahead_.erase(ahead_.begin());
  }
}

void ResultQueue::TakeParked(std::vector<Wake>* wakes) {
  if (parked_.empty()) return;
  std::deque<Parked> still_parked;
  for (Parked& parked : parked_) {
    if (closed() || RoomFor(parked.index) > 0) {
      wakes->push_back(std::move(parked.wake));
    } else {
      still_parked.push_back(std::move(parked));
    }
  }
  parked_.swap(still_parked);
}

void ResultQueue::WakeReader(std::vector<Wake>* wakes) {
  if (readers_.empty()) return;
  wakes->push_back(std::move(readers_.front()));
  readers_.pop_front();
}

QueueState ResultQueue::Poll(BatchPtr* batch, Wake wake) {
  std::vector<Wake> wakes;
  {
    std::lock_guard lock(mutex_);
    if (readable_.empty()) {
      if (closed()) return QueueState::kClosed;
      readers_.push_back(std::move(wake));
      return QueueState::kWait;
    }
    const auto taken = std::make_shared<Taken>(shared_from_this(), std::move(readable_.front()));
    readable_.pop_front();
    *batch = BatchPtr(taken, taken->batch());
    TakeParked(&wakes);
  }
  Call(wakes);
  return QueueState::kReady;
}

void ResultQueue::Close(const Status& status) {
  std::vector<Wake> wakes;
  {
    std::lock_guard lock(mutex_);
    if (closed()) return;
    status_ = status;
    if (status.ok()) {
      smallest_index_ = std::numeric_limits<uint64_t>::max();
      MoveReadable(&wakes);
    } else {
      Drop();
    }
    closed_.store(true, std::memory_order_release);
    TakeParked(&wakes);
    while (!readers_.empty()) WakeReader(&wakes);
  }
  Call(wakes);
}

Status ResultQueue::status() const {
  std::lock_guard lock(mutex_);
  return status_;
}

void ResultQueue::GiveBack(int64_t bytes) {
  std::vector<Wake> wakes;
  {
    const std::lock_guard lock(mutex_);
    readable_account_.held -= bytes;
    Report();
    TakeParked(&wakes);
  }
  Call(wakes);
}

// What readers have taken stays theirs.
void ResultQueue::Drop() {
  for (const Held& held : readable_) readable_account_.held -= held.bytes;
  readable_.clear();
  ahead_.clear();
  ahead_account_.held = 0;
  Report();
}

void ResultQueue::Report() {
  const ResultBudget::Usage usage{.held = readable_account_.held + ahead_account_.held,
                                  .reserved = readable_account_.reserved + ahead_account_.reserved};
  budget_->Change(reported_, usage);
  reported_ = usage;
}

}  // namespace arrowport::engine
