#include "base/deadline_timer.h"

#include <functional>
#include <mutex>
#include <utility>

#include "base/call_control.h"

namespace arrowport {

DeadlineTimer::DeadlineTimer() : thread_([this] { Run(); }) {}

DeadlineTimer::~DeadlineTimer() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

DeadlineTimer::Key DeadlineTimer::Add(Clock::time_point deadline, std::function<void()> expire) {
  std::lock_guard lock(mutex_);
  const Key key{deadline, next_id_++};
  deadlines_.emplace(key, std::move(expire));
  if (deadlines_.begin()->first == key) changed_.notify_all();
  return key;
}

void DeadlineTimer::Remove(const Key& key) {
  std::lock_guard lock(mutex_);
  deadlines_.erase(key);
}

void DeadlineTimer::Run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (deadlines_.empty()) {
      changed_.wait(lock);
    } else if (Clock::now() < deadlines_.begin()->first.first) {
      const Clock::time_point next = deadlines_.begin()->first.first;
      changed_.wait_until(lock, next);
    } else {
      auto node = deadlines_.extract(deadlines_.begin());
      lock.unlock();
      node.mapped()();
      lock.lock();
    }
  }
}

}  // namespace arrowport
