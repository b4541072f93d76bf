#include "http/connection_set.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "base/call_control.h"
#include "http/connection.h"

namespace arrowport::http {

void ConnectionSet::Add(const std::shared_ptr<Connection>& connection) {
  std::lock_guard lock(mutex_);
  connections_.emplace(connection.get(), connection);
}

void ConnectionSet::Remove(const Connection* connection) {
  std::shared_ptr<Connection> last;
  std::lock_guard lock(mutex_);
  const auto found = connections_.find(connection);
  if (found == connections_.end()) return;
  last = std::move(found->second);
  connections_.erase(found);
  removed_.notify_all();
}

void ConnectionSet::ForEach(const std::function<void(Connection&)>& visit) const {
  std::vector<std::shared_ptr<Connection>> all;
  {
    std::lock_guard lock(mutex_);
    all.reserve(connections_.size());
    for (const auto& [key, connection] : connections_) all.push_back(connection);
  }
  for (const auto& connection : all) visit(*connection);
}

size_t ConnectionSet::size() const {
  std::lock_guard lock(mutex_);
  return connections_.size();
}

bool ConnectionSet::WaitUntilEmpty(Clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  return removed_.wait_until(lock, deadline, [this] { return connections_.empty(); });
}

}  // namespace arrowport::http
