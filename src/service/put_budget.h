#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>

#include "base/bounded_queue.h"
#include "base/deadline_timer.h"
#include "base/error.h"

namespace arrowport::service {

/// Memory that puts share. Who finds no room waits its turn; nobody waits inside. Safe to use from
/// many threads; outlives its shares.
class PutBudget {
 public:
  using Wake = std::function<void()>;

  /// What is asked for later than `wait_max` is refused; unset: whoever asks may wait for ever.
  PutBudget(int64_t bytes_max, std::optional<std::chrono::milliseconds> wait_max);

  /// What one put holds; given back when it is destroyed. One thread at a time.
  class Share {
   public:
    explicit Share(PutBudget& budget) : budget_(budget) {}
    ~Share() { GiveBack(); }
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;

    /// Asks for `bytes` in all, or for the whole budget where that is less. kReady: they are held.
    /// kWait: `wake` will be called once, when they are or are refused. kClosed: they were refused
    /// before; see status(). Less than it holds is had at once, and the rest is others'.
    QueueState Ask(int64_t bytes, Wake wake);

    /// Holds nothing any more, and waits for nothing: who waits is woken.
    void GiveBack();

    /// kOverloaded once something was refused.
    [[nodiscard]] Status status() const;

   private:
    friend class PutBudget;

    PutBudget& budget_;

    // Guarded by the budget's mutex.
    int64_t held_ = 0;
    bool refused_ = false;
  };

  /// By all shares together.
  [[nodiscard]] int64_t bytes_held() const;

 private:
  /// A share that waits.
  struct Waiter {
    uint64_t turn;
    Share* share;
    int64_t bytes;  // In all.
    Wake wake;
    // With a timer.
    std::optional<DeadlineTimer::Key> deadline;
  };
  using Waiters = std::list<Waiter>;

  // Need mutex_.
  [[nodiscard]] bool HasRoomLocked(const Share& share, int64_t bytes) const;
  void HoldLocked(Share& share, int64_t bytes);
  void WaitLocked(Share& share, int64_t bytes, Wake wake);
  Waiters TakeServedLocked();

  void Refuse(uint64_t turn);
  static void WakeAll(const Waiters& waiters);

  // Constant after construction.
  const int64_t bytes_max_;
  const std::optional<std::chrono::milliseconds> wait_max_;

  // Everything below is guarded by mutex_.
  mutable std::mutex mutex_;
  int64_t held_ = 0;
  Waiters waiters_;  // The first comes first.
  uint64_t next_turn_ = 0;

  // There with `wait_max_`. Ends first: what it calls uses all of the above.
  std::optional<DeadlineTimer> timer_;
};

}  // namespace arrowport::service
