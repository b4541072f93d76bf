#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace arrowport {

/// Threads for calls that block for a while (planning, opening, waiting for a table's creator).
/// Grows on demand to `threads_max`; work beyond that queues. Safe to use from many threads.
class WorkerPool {
 public:
  explicit WorkerPool(int threads_max);

  /// Runs what is queued, then joins.
  ~WorkerPool();

  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// Runs `work` on a thread of the pool. `work` must not throw.
  void Post(std::function<void()> work);

 private:
  void Run();

  // Constant after construction.
  const size_t threads_max_;

  // Everything below is guarded by mutex_.
  std::mutex mutex_;
  std::condition_variable work_or_stop_;
  std::deque<std::function<void()>> work_;
  std::vector<std::thread> threads_;
  size_t idle_ = 0;
  bool stopping_ = false;
};

}  // namespace arrowport
