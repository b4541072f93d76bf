#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <thread>
#include <vector>

#include <duckdb.hpp>

#include "base/call_control.h"

namespace arrowport::engine {

/// The threads that run DuckDB's tasks, in place of those that DuckDB would start itself.
///
/// DuckDB wakes a sleeping worker for every task, also for those that the thread which asks has run
/// by itself before the worker is there; that was a sixth of a point query. So our workers sleep
/// where tasks do not wake them, and are let in when a statement needs them: at once when it says
/// so, or soon when it takes long, as planning a thousand remote files does. They go when none has
/// needed them for a while.
///
/// The instance is to be configured with `external_threads` as large as `threads`.
/// Safe to use from many threads; Start and Stop are for its owner.
class Workers {
 private:
  enum class State { kAlone, kHandedOver, kNeeds };
  struct Statement {
    Clock::time_point since;
    State state = State::kAlone;
  };

 public:
  Workers() = default;
  ~Workers() { Stop(); }
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  /// As many as `instance` has threads. It must stay until Stop.
  void Start(duckdb::DatabaseInstance& instance);
  void Stop();

  /// One statement, from before it is planned until it is over.
  class Use {
   public:
    explicit Use(Workers& workers);
    ~Use();
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;

    /// Says that there is work for the workers.
    void Need();

    /// Says that only workers will run what is left of the statement, if they do not already.
    void HandOver();

   private:
    Workers& workers_;
    const std::list<Statement>::iterator place_;
  };

  /// Whether the workers are to be in.
  [[nodiscard]] bool in() const { return in_; }

  /// How many are in. They come, and go, a little later than they are let.
  [[nodiscard]] size_t inside() const { return inside_; }

  /// How often they were let in.
  [[nodiscard]] int64_t times_let_in() const { return times_let_in_; }

 private:
  void Work();
  void Keep();
  void LetInLocked();
  void LetOutLocked();
  void NeedLocked(Statement& statement);
  void HandOverLocked(Statement& statement);
  void LookForLongOnesLocked(Clock::time_point now);
  void SignalAgainLocked(Clock::time_point now);

  // Constant between Start and Stop.
  duckdb::TaskScheduler* scheduler_ = nullptr;
  std::vector<std::thread> threads_;
  std::thread keeper_;

  /// Whether the workers are to be in. DuckDB looks at it after each task.
  std::atomic<bool> in_ = false;
  std::atomic<int64_t> times_let_in_ = 0;
  std::atomic<size_t> inside_ = 0;  // Written under mutex_.

  // Everything below is guarded by mutex_.
  std::mutex mutex_;
  std::condition_variable let_in_or_stop_;  // For the workers.
  std::condition_variable used_or_stop_;    // For the keeper.
  std::list<Statement> statements_;         // The oldest first.
  size_t not_alone_ = 0;                    // Of the statements.
  int64_t alone_ = 0;                       // Statements that needed nobody since they were out.
  Clock::time_point last_use_;
  Clock::time_point last_need_;
  bool keeper_sleeps_ = false;
  bool stopping_ = false;
};

}  // namespace arrowport::engine
