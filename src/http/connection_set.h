#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "base/call_control.h"
#include "http/connection.h"

namespace arrowport::http {

/// The connections of a server, counted. Safe to use from many threads.
class ConnectionSet {
 public:
  explicit ConnectionSet(int connections_max)
      : connections_max_(static_cast<size_t>(connections_max)) {}

  [[nodiscard]] bool full() const { return size() >= connections_max_; }

  void Add(const std::shared_ptr<Connection>& connection);
  void Remove(const Connection* connection);

  /// Calls `visit` with each connection that is there now.
  void ForEach(const std::function<void(Connection&)>& visit) const;

  [[nodiscard]] size_t size() const;

  /// \return whether the set is empty, at `deadline` the latest.
  bool WaitUntilEmpty(Clock::time_point deadline);

 private:
  // Constant after construction.
  const size_t connections_max_;

  // Everything below is guarded by mutex_.
  mutable std::mutex mutex_;
  std::condition_variable removed_;
  std::unordered_map<const Connection*, std::shared_ptr<Connection>> connections_;
};

}  // namespace arrowport::http
