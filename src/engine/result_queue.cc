#include "engine/result_queue.h"

#include <limits>
#include <utility>

namespace arrowport::engine {
namespace {

void Call(std::vector<ResultQueue::Wake>& wakes) {
  for (ResultQueue::Wake& wake : wakes) wake();
}

}  // namespace

ResultQueue::ResultQueue(const ResultQueueOptions& options, std::atomic<int64_t>& bytes_held)
    : options_(options), bytes_held_(bytes_held) {}

ResultQueue::~ResultQueue() {
  std::lock_guard lock(mutex_);
  Drop();
}

bool ResultQueue::IsReadable(uint64_t index) const {
  return order_ != ResultOrder::kBatchIndex || index <= smallest_index_;
}

bool ResultQueue::HasRoom(uint64_t index) const {
  const bool split = order_ == ResultOrder::kBatchIndex;
  const int64_t share_max = split ? options_.bytes_max / 2 : options_.bytes_max;
  if (IsReadable(index)) {
    if (readable_.empty() && readable_budget_.reserved == 0) return true;
    return readable_budget_.used() + options_.batch_bytes <= share_max;
  }
  return ahead_budget_.used() + options_.batch_bytes <= share_max;
}

bool ResultQueue::Reserve(uint64_t index, Wake wake, Share* share) {
  std::lock_guard lock(mutex_);
  if (!closed() && !HasRoom(index)) {
    parked_.push_back({index, std::move(wake)});
    return false;
  }
  *share = IsReadable(index) ? Share::kReadable : Share::kAhead;
  Budget& budget = *share == Share::kReadable ? readable_budget_ : ahead_budget_;
  budget.reserved += options_.batch_bytes;
  return true;
}

void ResultQueue::Unreserve(Share share) {
  std::vector<Wake> wakes;
  {
    std::lock_guard lock(mutex_);
    Budget& budget = share == Share::kReadable ? readable_budget_ : ahead_budget_;
    budget.reserved -= options_.batch_bytes;
    TakeParked(&wakes);
  }
  Call(wakes);
}

void ResultQueue::Push(uint64_t index, Share share, BatchPtr batch, int64_t bytes) {
  std::vector<Wake> wakes;
  {
    std::lock_guard lock(mutex_);
    Budget& budget = share == Share::kReadable ? readable_budget_ : ahead_budget_;
    budget.reserved -= options_.batch_bytes;
    if (closed()) return;
    bytes_held_ += bytes;
    if (IsReadable(index)) {
      readable_budget_.held += bytes;
      readable_.push_back({std::move(batch), bytes});
      WakeReader(&wakes);
    } else {
      ahead_budget_.held += bytes;
      ahead_[index].push_back({std::move(batch), bytes});
    }
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
      ahead_budget_.held -= held.bytes;
      readable_budget_.held += held.bytes;
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
    if (closed() || HasRoom(parked.index)) {
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
    *batch = std::move(readable_.front().batch);
    const int64_t bytes = readable_.front().bytes;
    readable_.pop_front();
    readable_budget_.held -= bytes;
    bytes_held_ -= bytes;
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

void ResultQueue::Drop() {
  bytes_held_ -= readable_budget_.held + ahead_budget_.held;
  readable_.clear();
  ahead_.clear();
  readable_budget_.held = 0;
  ahead_budget_.held = 0;
}

}  // namespace arrowport::engine
