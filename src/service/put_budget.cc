#include "service/put_budget.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <iterator>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "base/bounded_queue.h"
#include "base/call_control.h"
#include "base/error.h"

namespace arrowport::service {

PutBudget::PutBudget(int64_t bytes_max, std::optional<std::chrono::milliseconds> wait_max)
    : bytes_max_(bytes_max), wait_max_(wait_max) {
  if (wait_max_) timer_.emplace();
}

QueueState PutBudget::Share::Ask(int64_t bytes, Wake wake) {
  const int64_t wanted = std::min(bytes, budget_.bytes_max_);
  Waiters served;
  {
    const std::lock_guard lock(budget_.mutex_);
    if (refused_) return QueueState::kClosed;
    // Those who wait come first, unless this one already holds what others may be waiting for.
    const bool waits_in_line = held_ == 0 && !budget_.waiters_.empty();
    if (waits_in_line || !budget_.HasRoomLocked(*this, wanted)) {
      budget_.WaitLocked(*this, wanted, std::move(wake));
      return QueueState::kWait;
    }
    const bool shrinks = wanted < held_;
    budget_.HoldLocked(*this, wanted);
    if (shrinks) served = budget_.TakeServedLocked();
  }
  WakeAll(served);
  return QueueState::kReady;
}

void PutBudget::WaitLocked(Share& share, int64_t bytes, Wake wake) {
  const uint64_t turn = next_turn_++;
  Waiter waiter{.turn = turn,
                .share = &share,
                .bytes = bytes,
                .wake = std::move(wake),
                .deadline = std::nullopt};
  if (timer_) {
    waiter.deadline = timer_->Add(Clock::now() + *wait_max_, [this, turn] { Refuse(turn); });
  }
  waiters_.push_back(std::move(waiter));
}

void PutBudget::Share::GiveBack() {
  // Those who ask for it themselves find out what became of them.
  Waiters woken;
  {
    const std::lock_guard lock(budget_.mutex_);
    for (auto waiter = budget_.waiters_.begin(); waiter != budget_.waiters_.end();) {
      const auto next = std::next(waiter);
      if (waiter->share == this) {
        if (waiter->deadline) budget_.timer_->Remove(*waiter->deadline);
        woken.splice(woken.end(), budget_.waiters_, waiter);
      }
      waiter = next;
    }
    budget_.HoldLocked(*this, 0);
    woken.splice(woken.end(), budget_.TakeServedLocked());
  }
  WakeAll(woken);
}

Status PutBudget::Share::status() const {
  const std::lock_guard lock(budget_.mutex_);
  if (!refused_) return Status::OK();
  return MakeError(ErrorKind::kOverloaded,
                   "puts that wait for their commit hold all of the memory that they may (" +
                       std::to_string(budget_.bytes_max_) + " bytes); send this one again later");
}

int64_t PutBudget::bytes_held() const {
  const std::lock_guard lock(mutex_);
  return held_;
}

bool PutBudget::HasRoomLocked(const Share& share, int64_t bytes) const {
  return held_ - share.held_ + bytes <= bytes_max_;
}

void PutBudget::HoldLocked(Share& share, int64_t bytes) {
  held_ += bytes - share.held_;
  share.held_ = bytes;
}

PutBudget::Waiters PutBudget::TakeServedLocked() {
  Waiters served;
  while (!waiters_.empty()) {
    Waiter& first = waiters_.front();
    if (!HasRoomLocked(*first.share, first.bytes)) break;
    HoldLocked(*first.share, first.bytes);
    if (first.deadline) timer_->Remove(*first.deadline);
    served.splice(served.end(), waiters_, waiters_.begin());
  }
  return served;
}

void PutBudget::Refuse(uint64_t turn) {
  Waiters refused;
  {
    const std::lock_guard lock(mutex_);
    const auto waiter = std::ranges::find(waiters_, turn, &Waiter::turn);
    // Served meanwhile, or gone.
    if (waiter == waiters_.end()) return;
    waiter->share->refused_ = true;
    refused.splice(refused.end(), waiters_, waiter);
    // Who was first may have kept others from room that is enough for them.
    refused.splice(refused.end(), TakeServedLocked());
  }
  WakeAll(refused);
}

void PutBudget::WakeAll(const Waiters& waiters) {
  for (const Waiter& waiter : waiters) waiter.wake();
}

}  // namespace arrowport::service
