#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include <duckdb.hpp>

namespace arrowport::engine {

/// Connections that wait for their next statement. To make one, which has a catalog of its own for
/// temporary tables, and to drop it takes as long as it takes to plan a small statement.
///
/// Only those come here that nothing can be told from: whose one statement was read-only and came
/// to its end. Safe to use from many threads.
class IdleConnections {
 public:
  /// The one that was kept last; null when there is none.
  duckdb::unique_ptr<duckdb::Connection> Take();

  /// Keeps `connection`, which has no transaction, no state of a caller, and whose only statement
  /// so far changed nothing; or drops it, when there are enough or a function of that statement has
  /// changed the connection after all.
  void Keep(duckdb::unique_ptr<duckdb::Connection> connection);

  /// Drops all, which have to go before their database.
  void Clear();

  [[nodiscard]] size_t count() const;

 private:
  mutable std::mutex mutex_;
  std::vector<duckdb::unique_ptr<duckdb::Connection>> connections_;  // Guarded by mutex_.
};

}  // namespace arrowport::engine
