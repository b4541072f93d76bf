#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <utility>

#include "base/call_control.h"

namespace arrowport {

/// A one-shot signal for threads that have to block: the bridge from `wake` callbacks to code
/// that is synchronous by nature (a gRPC handler, a command).
class Event {
 public:
  void Set() {
    std::lock_guard lock(mutex_);
    set_ = true;
    changed_.notify_all();
  }

  void Wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return set_; });
  }

  /// \return false when the deadline passed first.
  bool WaitUntil(Clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    return changed_.wait_until(lock, deadline, [this] { return set_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool set_ = false;
};

/// Calls `start` with a function that is to be called once, from any thread, with the answer.
/// \return that answer, for which it waits.
template <typename Answer, typename Start>
Answer WaitForAnswer(const Start& start) {
  struct Desk {
    Event ready;
    std::unique_ptr<Answer> answer;
  };
  const auto desk = std::make_shared<Desk>();
  start([desk](Answer answer) {
    desk->answer = std::make_unique<Answer>(std::move(answer));
    desk->ready.Set();
  });
  desk->ready.Wait();
  return std::move(*desk->answer);
}

}  // namespace arrowport
