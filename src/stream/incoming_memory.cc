#include "stream/incoming_memory.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <mutex>
#include <string>
#include <utility>

#include "base/bounded_queue.h"
#include "base/call_control.h"
#include "base/error.h"
#include "base/upload_limits.h"

namespace arrowport::stream {

IncomingMemory& IncomingMemory::OfProcess() {
  // Never destroyed: batches that live in other statics still give back to it.
  static auto* const kMemory = new IncomingMemory(limits::kIncomingMemoryPatience);
  return *kMemory;
}

QueueState IncomingMemory::Grant::Ask(int64_t bytes, Wake wake) {
  {
    const std::lock_guard lock(memory_.mutex_);
    if (state_ == State::kGranted) return QueueState::kReady;
    if (state_ == State::kTooLarge || state_ == State::kTooLate) return QueueState::kClosed;
    if (state_ == State::kWaiting) {
      std::ranges::find(memory_.waiters_, this, &Waiter::grant)->wake = std::move(wake);
      return QueueState::kWait;
    }
    asked_ = bytes;
    if (bytes > memory_.bytes_max_) {
      state_ = State::kTooLarge;
      return QueueState::kClosed;
    }
    if (memory_.waiters_.empty() && memory_.TryHold(bytes)) {
      state_ = State::kGranted;
      left_ = bytes;
      return QueueState::kReady;
    }
    memory_.WaitLocked(*this, std::move(wake));
  }
  // Who gave something back just before did not see it wait.
  memory_.ServeWaiters();
  return QueueState::kWait;
}

Status IncomingMemory::Grant::AskNow(int64_t bytes) {
  const QueueState state = Ask(bytes, [] {});
  if (state != QueueState::kWait) return status();
  GiveBack();
  return memory_.Overloaded();
}

Status IncomingMemory::Grant::status() const {
  const std::lock_guard lock(memory_.mutex_);
  if (state_ == State::kTooLarge) return memory_.TooLarge(asked_);
  return state_ == State::kTooLate ? memory_.Overloaded() : Status::OK();
}

void IncomingMemory::Grant::GiveBack() {
  int64_t left = 0;
  Waiters gone;
  {
    const std::lock_guard lock(memory_.mutex_);
    if (state_ == State::kWaiting) {
      const auto waiter = std::ranges::find(memory_.waiters_, this, &Waiter::grant);
      memory_.timer_->Remove(waiter->deadline);
      gone.splice(gone.end(), memory_.waiters_, waiter);
      memory_.waiting_ = memory_.waiters_.size();
    }
    state_ = State::kIdle;
    left = std::exchange(left_, 0);
  }
  // Who stood behind it may be served, too.
  if (left > 0 || !gone.empty()) memory_.GiveBack(left);
}

Status IncomingMemory::Take(int64_t bytes, int64_t bytes_in_all, Grant* grant) {
  if (grant != nullptr) {
    const std::lock_guard lock(mutex_);
    if (grant->left_ >= bytes) {
      grant->left_ -= bytes;
      return Status::OK();
    }
  }
  if (TryHold(bytes)) return Status::OK();
  return bytes_in_all > bytes_max_ ? TooLarge(bytes_in_all) : Overloaded();
}

void IncomingMemory::GiveBack(int64_t bytes) {
  held_ -= bytes;
  if (waiting_ > 0) ServeWaiters();
}

bool IncomingMemory::TryHold(int64_t bytes) {
  int64_t held = held_;
  do {
    if (bytes > bytes_max_ - held) return false;
  } while (!held_.compare_exchange_weak(held, held + bytes));
  return true;
}

Status IncomingMemory::TooLarge(int64_t bytes) const {
  return MakeError(ErrorKind::kTooLarge,
                   "a batch takes " + std::to_string(bytes) +
                       " bytes of memory when it is unpacked; the server has " +
                       std::to_string(bytes_max_) + " for all that comes in; send smaller batches");
}

Status IncomingMemory::Overloaded() const {
  return MakeError(ErrorKind::kOverloaded,
                   "what others send has all of the memory for what comes in (" +
                       std::to_string(bytes_max_) + " bytes); send this again later");
}

void IncomingMemory::WaitLocked(Grant& grant, Wake wake) {
  if (!timer_) timer_.emplace();
  const uint64_t turn = next_turn_++;
  grant.state_ = Grant::State::kWaiting;
  waiters_.push_back(
      {.turn = turn,
       .grant = &grant,
       .wake = std::move(wake),
       .deadline = timer_->Add(Clock::now() + wait_max_, [this, turn] { Refuse(turn); })});
  waiting_ = waiters_.size();
}

IncomingMemory::Waiters IncomingMemory::TakeServedLocked() {
  Waiters served;
  while (!waiters_.empty()) {
    Grant& first = *waiters_.front().grant;
    if (!TryHold(first.asked_)) break;
    first.state_ = Grant::State::kGranted;
    first.left_ = first.asked_;
    timer_->Remove(waiters_.front().deadline);
    served.splice(served.end(), waiters_, waiters_.begin());
  }
  waiting_ = waiters_.size();
  return served;
}

void IncomingMemory::ServeWaiters() {
  Waiters served;
  {
    const std::lock_guard lock(mutex_);
    served = TakeServedLocked();
  }
  for (const Waiter& waiter : served) waiter.wake();
}

void IncomingMemory::Refuse(uint64_t turn) {
  Waiters woken;
  {
    const std::lock_guard lock(mutex_);
    const auto waiter = std::ranges::find(waiters_, turn, &Waiter::turn);
    // Served meanwhile, or gone.
    if (waiter == waiters_.end()) return;
    waiter->grant->state_ = Grant::State::kTooLate;
    woken.splice(woken.end(), waiters_, waiter);
    // Who was first may have kept others from memory that is enough for them.
    woken.splice(woken.end(), TakeServedLocked());
  }
  for (const Waiter& one : woken) one.wake();
}

}  // namespace arrowport::stream
