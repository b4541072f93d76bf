#include "base/worker_pool.h"

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace arrowport {

struct WorkerPool::State {
  explicit State(int max) : threads_max(static_cast<size_t>(max)) {}

  const size_t threads_max;

  // Everything below is guarded by mutex.
  std::mutex mutex;
  std::condition_variable work_or_stop;
  std::deque<std::function<void()>> work;
  std::vector<std::thread> threads;
  size_t idle = 0;
  bool stopping = false;
};

WorkerPool::WorkerPool(int threads_max) : state_(std::make_shared<State>(threads_max)) {}

WorkerPool::~WorkerPool() {
  std::vector<std::thread> threads;
  {
    std::lock_guard lock(state_->mutex);
    state_->stopping = true;
    threads.swap(state_->threads);
  }
  state_->work_or_stop.notify_all();
  for (std::thread& thread : threads) {
    if (thread.get_id() == std::this_thread::get_id()) {
      thread.detach();
    } else {
      thread.join();
    }
  }
}

void WorkerPool::Post(std::function<void()> work) {
  std::lock_guard lock(state_->mutex);
  state_->work.push_back(std::move(work));
  if (state_->idle < state_->work.size() && state_->threads.size() < state_->threads_max &&
      !state_->stopping) {
    state_->threads.emplace_back([state = state_] { Run(state); });
  } else {
    state_->work_or_stop.notify_one();
  }
}

void WorkerPool::Run(const std::shared_ptr<State>& state) {
  std::unique_lock lock(state->mutex);
  for (;;) {
    ++state->idle;
    state->work_or_stop.wait(lock, [&] { return state->stopping || !state->work.empty(); });
    --state->idle;
    if (state->work.empty()) return;
    std::function<void()> work = std::move(state->work.front());
    state->work.pop_front();
    lock.unlock();
    work();
    work = nullptr;
    lock.lock();
  }
}

}  // namespace arrowport
