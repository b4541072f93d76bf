#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "base/error.h"

namespace arrowport {

/// What one look into a queue found.
enum class QueueState {
  kReady,   ///< The item was taken (pop) or handed over (push).
  kWait,    ///< Nothing now; the given `wake` will be called once.
  kClosed,  ///< No more items, ever: see the queue's status for why.
};

/// A queue bounded in bytes between one producing and one consuming side, each of which may be
/// any number of threads. Nobody ever waits inside it: a side that finds no item or no room leaves
/// a `wake` function, which is called once, outside the lock, from the thread that made the change
/// (possibly before the Push or Pop that left it has returned).
///
/// An item larger than the bound is taken when the queue is empty, so that no item is impossible.
template <typename T>
class BoundedQueue {
 public:
  using Wake = std::function<void()>;

  explicit BoundedQueue(int64_t bytes_max) : bytes_max_(bytes_max) {}

  /// Hands over `item` if there is room. On kWait `item` is untouched.
  QueueState Push(T& item, int64_t bytes, Wake wake) {
    std::vector<Wake> wakes;
    {
      std::lock_guard lock(mutex_);
      if (closed_) return QueueState::kClosed;
      if (bytes_held_ > 0 && bytes_held_ + bytes > bytes_max_) {
        waiting_producers_.push_back(std::move(wake));
        return QueueState::kWait;
      }
      items_.push_back({std::move(item), bytes});
      bytes_held_ += bytes;
      if (!waiting_consumers_.empty()) {
        wakes.push_back(std::move(waiting_consumers_.front()));
        waiting_consumers_.pop_front();
      }
    }
    Call(wakes);
    return QueueState::kReady;
  }

  /// Takes the oldest item, if there is one.
  QueueState Pop(std::optional<T>* item, Wake wake) {
    std::vector<Wake> wakes;
    {
      std::lock_guard lock(mutex_);
      if (items_.empty()) {
        if (closed_) return QueueState::kClosed;
        waiting_consumers_.push_back(std::move(wake));
        return QueueState::kWait;
      }
      *item = std::move(items_.front().item);
      bytes_held_ -= items_.front().bytes;
      items_.pop_front();
      std::swap(wakes, waiting_producers_);
    }
    Call(wakes);
    return QueueState::kReady;
  }

  /// Ends the queue. With an OK status what is queued can still be taken; with a failure it is
  /// dropped. The first call decides, later ones do nothing.
  void Close(const Status& status) {
    std::vector<Wake> wakes;
    std::deque<Held> dropped;
    {
      std::lock_guard lock(mutex_);
      if (closed_) return;
      closed_ = true;
      status_ = status;
      if (!status.ok()) {
        dropped.swap(items_);
        bytes_held_ = 0;
      }
      std::swap(wakes, waiting_producers_);
      for (Wake& wake : waiting_consumers_) wakes.push_back(std::move(wake));
      waiting_consumers_.clear();
    }
    Call(wakes);
  }

  /// Why the queue was closed; OK while it is open.
  Status status() const {
    std::lock_guard lock(mutex_);
    return status_;
  }

  int64_t bytes_held() const {
    std::lock_guard lock(mutex_);
    return bytes_held_;
  }

 private:
  struct Held {
    T item;
    int64_t bytes;
  };

  static void Call(std::vector<Wake>& wakes) {
    for (Wake& wake : wakes) wake();
  }

  // Constant after construction.
  const int64_t bytes_max_;

  // Everything below is guarded by mutex_.
  mutable std::mutex mutex_;
  std::deque<Held> items_;
  int64_t bytes_held_ = 0;
  bool closed_ = false;
  Status status_;
  std::deque<Wake> waiting_consumers_;
  std::vector<Wake> waiting_producers_;
};

}  // namespace arrowport
