#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include <duckdb.hpp>

#include "base/call_control.h"
#include "base/error.h"
#include "engine/table_versions.h"

namespace arrowport::engine {

/// A connection that stays from one statement to the next, with its transaction, its temporary
/// tables and its settings. One statement has it at a time. Safe to use from many threads.
class KeptConnection final : public std::enable_shared_from_this<KeptConnection> {
 public:
  /// The connection for as long as this lives, or until it is given back.
  class Use {
   public:
    Use(std::shared_ptr<KeptConnection> home, duckdb::unique_ptr<duckdb::Connection> connection)
        : home_(std::move(home)), connection_(std::move(connection)) {}
    ~Use() { GiveBack(Lend()); }
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;

    /// Not after Lend.
    [[nodiscard]] duckdb::Connection& connection() const { return *connection_; }

    /// Whether statements join a transaction that goes on behind them.
    [[nodiscard]] bool in_transaction() const;

    /// Hands the connection to who brings it back by GiveBack; once.
    duckdb::unique_ptr<duckdb::Connection> Lend() { return std::move(connection_); }
    void GiveBack(duckdb::unique_ptr<duckdb::Connection> connection);

    /// Says what a statement in the transaction has changed, or may have.
    void NoteChanges(const ChangedTables& changes);
    /// What was noted since the transaction began.
    [[nodiscard]] const ChangedTables& changes() const { return home_->changes_; }

   private:
    const std::shared_ptr<KeptConnection> home_;
    duckdb::unique_ptr<duckdb::Connection> connection_;
  };

  explicit KeptConnection(duckdb::unique_ptr<duckdb::Connection> connection)
      : connection_(std::move(connection)) {}

  /// Waits until nobody has it. kUnavailable when it is closed.
  Result<std::shared_ptr<Use>> Take(const CallControl& control);

  /// Whether somebody has it.
  [[nodiscard]] bool is_taken() const;

  /// Whether a transaction went on when somebody had it last.
  [[nodiscard]] bool has_transaction() const { return has_transaction_; }

  /// Drops the connection, which rolls back: at once, or when it is given back.
  void Close();

 private:
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  duckdb::unique_ptr<duckdb::Connection> connection_;  // Null while somebody has it. By mutex_.
  bool closed_ = false;                                // By mutex_.

  // Of who has the connection.
  ChangedTables changes_;

  std::atomic<bool> has_transaction_ = false;
};

/// Those of one database, which have to go before it. Safe to use from many threads.
class KeptConnections {
 public:
  void Add(const std::shared_ptr<KeptConnection>& connection);
  void CloseAll();

 private:
  std::mutex mutex_;
  std::vector<std::weak_ptr<KeptConnection>> connections_;  // Guarded by mutex_.
};

}  // namespace arrowport::engine
