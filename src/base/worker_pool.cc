#include "base/worker_pool.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <iterator>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace arrowport {
namespace {

/// A thread that waits for work. Guarded by the pool's mutex.
struct Sleeper {
  std::condition_variable woken_or_stop;
  bool woken = false;
};

}  // namespace

struct WorkerPool::State {
  State(int max, std::chrono::milliseconds idle)
      : threads_max(static_cast<size_t>(max)), idle_max(idle) {}

  // Gives up the calling thread, which is about to end.
  void LeaveLocked() {
    const auto is_this = [](const std::thread& thread) {
      return thread.get_id() == std::this_thread::get_id();
    };
    const auto place = std::ranges::find_if(threads, is_this);
    // Not there when the destructor has taken it.
    if (place == threads.end()) return;
    ended.push_back(std::move(*place));
    threads.erase(place);
  }

  const size_t threads_max;
  const std::chrono::milliseconds idle_max;

  // Everything below is guarded by mutex.
  std::mutex mutex;
  std::deque<std::function<void()>> work;
  std::vector<Sleeper*> sleepers;  // The one that fell asleep last stands last.
  std::vector<std::thread> threads;
  std::vector<std::thread> ended;  // To be joined.
  bool stopping = false;
};

WorkerPool::WorkerPool(int threads_max, std::chrono::milliseconds idle_max)
    : state_(std::make_shared<State>(threads_max, idle_max)) {}

WorkerPool::~WorkerPool() {
  std::vector<std::thread> threads;
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
    threads.swap(state_->threads);
    std::ranges::move(state_->ended, std::back_inserter(threads));
    state_->ended.clear();
    for (Sleeper* sleeper : state_->sleepers) sleeper->woken_or_stop.notify_one();
  }
  for (std::thread& thread : threads) {
    if (thread.get_id() == std::this_thread::get_id()) {
      thread.detach();
    } else {
      thread.join();
    }
  }
}

void WorkerPool::Post(std::function<void()> work) {
  std::vector<std::thread> ended;
  {
    const std::lock_guard lock(state_->mutex);
    state_->work.push_back(std::move(work));
    if (!state_->sleepers.empty()) {
      Sleeper* sleeper = state_->sleepers.back();
      state_->sleepers.pop_back();
      sleeper->woken = true;
      sleeper->woken_or_stop.notify_one();
    } else if (state_->threads.size() < state_->threads_max && !state_->stopping) {
      try {
        state_->threads.emplace_back([state = state_] { Run(state); });
      } catch (const std::system_error&) {
        // The machine has none left; those that are there will come to it.
        if (state_->threads.empty()) {
          state_->work.pop_back();
          throw;
        }
      }
    }
    ended.swap(state_->ended);
  }
  for (std::thread& thread : ended) thread.join();
}

size_t WorkerPool::thread_count() const {
  const std::lock_guard lock(state_->mutex);
  return state_->threads.size();
}

void WorkerPool::Run(const std::shared_ptr<State>& state) {
  std::unique_lock lock(state->mutex);
  for (;;) {
    while (!state->work.empty()) {
      std::function<void()> work = std::move(state->work.front());
      state->work.pop_front();
      lock.unlock();
      work();
      work = nullptr;
      lock.lock();
    }
    if (state->stopping) return;
    Sleeper self;
    state->sleepers.push_back(&self);
    self.woken_or_stop.wait_for(lock, state->idle_max,
                                [&] { return self.woken || state->stopping; });
    if (self.woken) continue;
    std::erase(state->sleepers, &self);
    if (state->stopping) continue;
    return state->LeaveLocked();
  }
}

}  // namespace arrowport
