#include "engine/kept_connection.h"

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include <duckdb.hpp>

#include "base/call_control.h"
#include "base/error.h"
#include "base/wait.h"
#include "engine/table_versions.h"

namespace arrowport::engine {

bool KeptConnection::Use::in_transaction() const {
  return !connection_->context->transaction.IsAutoCommit();
}

void KeptConnection::Use::GiveBack(duckdb::unique_ptr<duckdb::Connection> connection) {
  if (connection == nullptr) return;
  // A statement may have ended it: COMMIT can be sent like any other.
  const bool goes_on = !connection->context->transaction.IsAutoCommit();
  if (!goes_on) home_->changes_ = {};
  home_->has_transaction_ = goes_on;
  const std::lock_guard lock(home_->mutex_);
  if (!home_->closed_) home_->connection_ = std::move(connection);
  home_->changed_.notify_all();
}

void KeptConnection::Use::NoteChanges(const ChangedTables& changes) {
  ChangedTables& noted = home_->changes_;
  noted.all = noted.all || changes.all;
  noted.tables.insert(noted.tables.end(), changes.tables.begin(), changes.tables.end());
}

Result<std::shared_ptr<KeptConnection::Use>> KeptConnection::Take(const CallControl& control) {
  std::unique_lock lock(mutex_);
  const auto ended =
      WaitFor(changed_, lock, control, [this] { return closed_ || connection_ != nullptr; });
  if (ended == ErrorKind::kCancelled) {
    return MakeError(*ended, "the caller cancelled the statement");
  }
  if (ended) {
    return MakeError(*ended, "the deadline passed while another statement of the session ran");
  }
  if (closed_) return MakeError(ErrorKind::kUnavailable, "the connection of the session is closed");
  return std::make_shared<Use>(shared_from_this(), std::move(connection_));
}

bool KeptConnection::is_taken() const {
  const std::lock_guard lock(mutex_);
  return !closed_ && connection_ == nullptr;
}

void KeptConnection::Close() {
  duckdb::unique_ptr<duckdb::Connection> dropped;
  const std::lock_guard lock(mutex_);
  closed_ = true;
  dropped.swap(connection_);
  changed_.notify_all();
}

void KeptConnections::Add(const std::shared_ptr<KeptConnection>& connection) {
  const std::lock_guard lock(mutex_);
  std::erase_if(connections_, [](const auto& kept) { return kept.expired(); });
  connections_.push_back(connection);
}

void KeptConnections::CloseAll() {
  const std::lock_guard lock(mutex_);
  for (const auto& kept : connections_) {
    if (const auto connection = kept.lock()) connection->Close();
  }
  connections_.clear();
}

}  // namespace arrowport::engine
