#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include <duckdb.hpp>

#include "base/deadline_timer.h"
#include "base/limits.h"
#include "base/worker_pool.h"
#include "engine/checkpointer.h"
#include "engine/data_files.h"
#include "engine/database.h"
#include "engine/idle_connections.h"
#include "engine/index_gate.h"
#include "engine/kept_connection.h"
#include "engine/plan_budget.h"
#include "engine/result_budget.h"
#include "engine/start_gate.h"
#include "engine/table_claims.h"
#include "engine/table_versions.h"
#include "engine/workers.h"

namespace arrowport::engine {

class Execution;

/// What all queries and appends of one open database share. Everything that runs holds it.
class Core {
 public:
  /// `budget` is null, or that of the core before, whose results may still be read.
  explicit Core(DatabaseOptions database_options, std::shared_ptr<ResultBudget> budget = nullptr);

  /// Begins a call, until whose Leave the instance stays open. \return false when the database is
  /// closing.
  bool Enter();
  void Leave();

  /// Adds `execution` to what runs; as long as it is there the instance stays open. \return false
  /// when the database is closing.
  bool Register(const Execution* execution, std::weak_ptr<Execution> reference);
  void Unregister(const Execution* execution);

  /// A connection for a call that ends before it returns. kUnavailable when the database is
  /// closing.
  Result<duckdb::unique_ptr<duckdb::Connection>> Connect();

  /// The error of a statement, with the data file that it comes from if DuckDB does not tell.
  [[nodiscard]] Status Blame(const Status& status) const;

  /// Cancels what runs with `reason`.
  void CancelAll(const Status& reason);

  /// kUnavailable with the reason once DuckDB has given up the instance: then nothing that it does
  /// can be relied on. For calls and for what runs.
  [[nodiscard]] Status CheckSound() const;

  /// How a transaction that writes ended, from how DuckDB says that it ended. What could not be
  /// written or synced is not tried again: it may be on the disk, or not, and so may what comes
  /// behind it. So the instance is given up, and whoever commits beside it is not told OK either.
  [[nodiscard]] Status Settle(const Status& committed) const;

  /// Refuses new work, cancels what runs with `reason`, waits for its end and for that of the
  /// calls, and closes the DuckDB instance.
  Status Close(const Status& reason);

  /// Whether the instance is closed, and nobody has it any more.
  [[nodiscard]] bool is_gone() const { return watched_instance_.expired(); }

  const DatabaseOptions options;

  // Set by Open before anything runs; the instance goes in Close.
  std::unique_ptr<duckdb::DuckDB> instance;
  Workers workers;  ///< Between Open and Close.
  IdleConnections idle_connections;
  KeptConnections kept_connections;
  std::string default_catalog;
  std::shared_ptr<DataFiles> data_files;  ///< Null without any.

  // Counters, see engine::Counters.
  std::atomic<int64_t> running_queries = 0;
  std::atomic<int64_t> running_appends = 0;

  /// Outlives the core where readers keep batches.
  const std::shared_ptr<ResultBudget> result_budget;

  /// Everything that has a share holds the core.
  PlanBudget plan_budget{options.planning_bytes_max, options.planning_time_max};

  /// As DuckDB counts, in a catalog of its own: the last commit, and the first moment that a
  /// transaction which is open still sees. 0 where there is no such catalog.
  [[nodiscard]] uint64_t LastCommit(const std::string& catalog) const;
  [[nodiscard]] uint64_t OldestSeen(const std::string& catalog) const;

  IndexGate index_gate{limits::kIndexPatience,
                       [this](const std::string& catalog) { return LastCommit(catalog); }};
  StartGate start_gate;
  TableClaims table_claims;
  TableClaims
      landing_claims;  ///< On tables whose rows a put replaces, or whose columns it changes.
  TableVersions table_versions;
  Checkpointer checkpointer;  ///< Between Open and Close.
  DeadlineTimer timer;
  WorkerPool threads{32};  ///< Ends queries; a commit may wait for the disk. Uses all of the above.

 private:
  // Everything below is guarded by mutex_.
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<const Execution*, std::weak_ptr<Execution>> running_;
  int64_t calls_ = 0;
  bool closing_ = false;

  // Of Close, and of its caller.
  duckdb::weak_ptr<duckdb::DatabaseInstance> watched_instance_;
};

}  // namespace arrowport::engine
