#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <thread>

namespace arrowport {

/// Threads for calls that block for a while (planning, committing, waiting for a table's creator).
/// Grows on demand to `threads_max`; work beyond that queues. The thread that was busy last is
/// asked first, so that few calls keep few threads warm, and one that has nothing to do for
/// `idle_max` ends. Safe to use from many threads.
class WorkerPool {
 public:
  explicit WorkerPool(int threads_max, std::chrono::milliseconds idle_max = kIdleMax);

  /// Lets queued work run, then joins. Work of the pool may itself hold the last reference to the
  /// pool's owner; its thread then ends by itself after the destructor.
  ~WorkerPool();

  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// Runs `work` on a thread of the pool. `work` must not throw.
  /// \throw std::system_error when there is no thread and none can be made.
  void Post(std::function<void()> work);

  /// Threads that there are now.
  [[nodiscard]] size_t thread_count() const;

 private:
  static constexpr std::chrono::milliseconds kIdleMax{10'000};

  struct State;
  static void Run(const std::shared_ptr<State>& state);

  // Shared with the threads, so that one of them may outlive the pool.
  const std::shared_ptr<State> state_;
};

}  // namespace arrowport
