#include "engine/morsel_queue.h"

#include <deque>
#include <mutex>
#include <utility>
#include <vector>

#include "base/bounded_queue.h"
#include "base/error.h"

namespace arrowport::engine {

QueueState MorselQueue::Push(Part& part, Wake wake) {
  Wake wake_worker;
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return QueueState::kClosed;
    if (bytes_held_ > 0 && bytes_held_ + part.bytes > bytes_max_) {
      waiting_producers_.push_back(std::move(wake));
      return QueueState::kWait;
    }
    const bool begins = morsels_.empty() || morsels_.back().arrived;
    if (begins) morsels_.emplace_back();
    Morsel& morsel = morsels_.back();
    morsel.arrived = part.last;
    bytes_held_ += part.bytes;
    morsel.parts.push_back(std::move(part));
    if (morsel.taken) {
      std::swap(wake_worker, morsel.waiting);
    } else if (begins && !waiting_workers_.empty()) {
      wake_worker = std::move(waiting_workers_.front());
      waiting_workers_.pop_front();
    }
  }
  if (wake_worker) wake_worker();
  return QueueState::kReady;
}

QueueState MorselQueue::Pop(Place& place, Batches* batches, Wake wake) {
  std::vector<Wake> wakes;
  {
    const std::lock_guard lock(mutex_);
    if (!place.within && !TakeNext(place)) {
      if (closed_) return QueueState::kClosed;
      waiting_workers_.push_back(std::move(wake));
      return QueueState::kWait;
    }
    Morsel& morsel = At(place.morsel);
    if (morsel.parts.empty()) {
      if (closed_) return QueueState::kClosed;
      morsel.waiting = std::move(wake);
      return QueueState::kWait;
    }
    *batches = std::move(morsel.parts.front().batches);
    bytes_held_ -= morsel.parts.front().bytes;
    morsel.parts.pop_front();
    place.within = !morsel.arrived || !morsel.parts.empty();
    while (!morsels_.empty() && morsels_.front().arrived && morsels_.front().parts.empty()) {
      morsels_.pop_front();
      ++first_;
    }
    std::swap(wakes, waiting_producers_);
  }
  for (const Wake& wake_producer : wakes) wake_producer();
  return QueueState::kReady;
}

bool MorselQueue::TakeNext(Place& place) {
  if (next_ == first_ + morsels_.size()) return false;
  place = {.morsel = next_++, .within = true};
  At(place.morsel).taken = true;
  return true;
}

void MorselQueue::Close(const Status& status) {
  std::vector<Wake> wakes;
  std::vector<std::deque<Part>> dropped;
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return;
    closed_ = true;
    status_ = status;
    std::swap(wakes, waiting_producers_);
    for (Wake& wake : waiting_workers_) wakes.push_back(std::move(wake));
    waiting_workers_.clear();
    for (Morsel& morsel : morsels_) {
      if (morsel.waiting) wakes.push_back(std::exchange(morsel.waiting, nullptr));
      if (!status.ok()) dropped.push_back(std::move(morsel.parts));
    }
    if (!status.ok()) bytes_held_ = 0;
  }
  for (const Wake& wake : wakes) wake();
}

Status MorselQueue::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

}  // namespace arrowport::engine
