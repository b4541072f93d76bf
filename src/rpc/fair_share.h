#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

namespace arrowport::rpc {

/// A bound that many clients have together, of which no few of them can have all: a client may hold
/// as much as is free still. One that takes what it can gets a half, the next one a third, and what
/// the last one gets is there for whoever comes. Safe to use from many threads.
class FairShare {
 public:
  /// Up to `sure` a client gets whatever it asks for as long as there is some.
  FairShare(int64_t total_max, int64_t sure) : total_max_(total_max), sure_(sure) {}

  /// Takes `amount` for a client that holds `held`. \return whether it may.
  bool Take(int64_t held, int64_t amount) {
    const int64_t free = total_max_ - (total_ += amount);
    if (free >= 0 && held + amount <= std::max(sure_, free)) return true;
    Give(amount);
    return false;
  }

  void Give(int64_t amount) { total_ -= amount; }

  [[nodiscard]] int64_t total() const { return total_; }

 private:
  const int64_t total_max_;
  const int64_t sure_;
  std::atomic<int64_t> total_ = 0;
};

}  // namespace arrowport::rpc
