#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <list>
#include <mutex>
#include <optional>

#include "base/bounded_queue.h"
#include "base/deadline_timer.h"
#include "base/error.h"

namespace arrowport::stream {

/// Memory for what clients send in a form that is smaller than what it becomes: compressed buffers
/// and bodies, dictionaries that grow, text, Parquet. All that decoding allocates
/// (BudgetedMemoryPool) counts until it is freed, so it is granted before it is taken, and what
/// many clients send is bounded together. Safe to use from many threads.
class IncomingMemory {
 public:
  using Wake = std::function<void()>;

  /// What is asked for longer than `wait_max` is refused.
  explicit IncomingMemory(std::chrono::milliseconds wait_max) : wait_max_(wait_max) {}

  IncomingMemory(const IncomingMemory&) = delete;
  IncomingMemory& operator=(const IncomingMemory&) = delete;

  /// That of the process, which BudgetedMemoryPool() counts in. Lives as long as the process.
  static IncomingMemory& OfProcess();

  /// Bounds what is held from now on. Until then there is no bound.
  void SetBytesMax(int64_t bytes_max) { bytes_max_ = bytes_max; }

  [[nodiscard]] int64_t bytes_max() const { return bytes_max_; }

  /// Taken, and granted and not yet taken.
  [[nodiscard]] int64_t bytes_held() const { return held_; }

  /// Memory that was asked for ahead, of which what is decoded then takes. Given back, and asked
  /// for no more, when it is destroyed. One thread at a time.
  class Grant {
   public:
    explicit Grant(IncomingMemory& memory) : memory_(memory) {}
    ~Grant() { GiveBack(); }
    Grant(const Grant&) = delete;
    Grant& operator=(const Grant&) = delete;

    /// Asks for `bytes`, in all. kReady: they are granted. kWait: `wake` will be called once, when
    /// they are or are refused; who asks again meanwhile goes on waiting, with the new `wake`.
    /// kClosed: they were refused; see status().
    QueueState Ask(int64_t bytes, Wake wake);

    /// The same for who does not wait. \return status(), kOverloaded also in place of a wait.
    Status AskNow(int64_t bytes);

    /// kTooLarge for more than there can ever be, kOverloaded when others had it for too long.
    [[nodiscard]] Status status() const;

    /// Gives back what was not taken, and forgets a refusal.
    void GiveBack();

   private:
    friend class IncomingMemory;

    enum class State { kIdle, kWaiting, kGranted, kTooLarge, kTooLate };

    IncomingMemory& memory_;

    // Guarded by the memory's mutex.
    State state_ = State::kIdle;
    int64_t asked_ = 0;
    int64_t left_ = 0;  // Granted and not taken.
  };

  /// Takes `bytes`, from `grant` (may be null) if it has so many left. They are the last ones of
  /// `bytes_in_all` for one batch.
  /// \return kTooLarge when that is more than there can ever be, kOverloaded when others have it.
  Status Take(int64_t bytes, int64_t bytes_in_all, Grant* grant);

  /// Takes them even where there are none.
  void TakeAnyway(int64_t bytes) { held_ += bytes; }

  void GiveBack(int64_t bytes);

 private:
  /// A grant that waits.
  struct Waiter {
    uint64_t turn;
    Grant* grant;
    Wake wake;
    DeadlineTimer::Key deadline;
  };
  using Waiters = std::list<Waiter>;

  [[nodiscard]] bool TryHold(int64_t bytes);
  [[nodiscard]] Status TooLarge(int64_t bytes) const;
  [[nodiscard]] Status Overloaded() const;

  // Need mutex_.
  void WaitLocked(Grant& grant, Wake wake);
  Waiters TakeServedLocked();

  void ServeWaiters();
  void Refuse(uint64_t turn);

  // Constant after construction.
  const std::chrono::milliseconds wait_max_;

  std::atomic<int64_t> bytes_max_ = std::numeric_limits<int64_t>::max();
  std::atomic<int64_t> held_ = 0;
  // Of waiters_: who gives memory back looks here first, without the mutex.
  std::atomic<size_t> waiting_ = 0;

  // Everything below is guarded by mutex_.
  std::mutex mutex_;
  Waiters waiters_;  // The first comes first.
  uint64_t next_turn_ = 0;

  // Made for the first one that waits. Ends first: what it calls uses all of the above.
  std::optional<DeadlineTimer> timer_;
};

}  // namespace arrowport::stream
