#include "base/worker_pool.h"

#include <utility>

namespace arrowport {

WorkerPool::WorkerPool(int threads_max) : threads_max_(static_cast<size_t>(threads_max)) {}

WorkerPool::~WorkerPool() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_or_stop_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void WorkerPool::Post(std::function<void()> work) {
  std::lock_guard lock(mutex_);
  work_.push_back(std::move(work));
  if (idle_ < work_.size() && threads_.size() < threads_max_) {
    threads_.emplace_back([this] { Run(); });
  } else {
    work_or_stop_.notify_one();
  }
}

void WorkerPool::Run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    ++idle_;
    work_or_stop_.wait(lock, [this] { return stopping_ || !work_.empty(); });
    --idle_;
    if (work_.empty()) return;
    std::function<void()> work = std::move(work_.front());
    work_.pop_front();
    lock.unlock();
    work();
    work = nullptr;
    lock.lock();
  }
}

}  // namespace arrowport
