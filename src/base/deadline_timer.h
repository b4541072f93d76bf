#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "base/call_control.h"

namespace arrowport {

/// One thread that calls back when deadlines pass. Safe to use from many threads.
class DeadlineTimer {
 public:
  using Key = std::pair<Clock::time_point, uint64_t>;

  DeadlineTimer();
  ~DeadlineTimer();
  DeadlineTimer(const DeadlineTimer&) = delete;
  DeadlineTimer& operator=(const DeadlineTimer&) = delete;

  /// Calls `expire` once at `deadline`, from the timer's thread; it must be quick.
  Key Add(Clock::time_point deadline, std::function<void()> expire);

  /// After it returned `expire` will not start; it may still be running.
  void Remove(const Key& key);

 private:
  void Run();

  // Everything below is guarded by mutex_.
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<Key, std::function<void()>> deadlines_;
  uint64_t next_id_ = 0;
  bool stopping_ = false;

  // Started last, when everything that it uses is there.
  std::thread thread_;
};

}  // namespace arrowport
