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
#include "base/worker_pool.h"
#include "engine/checkpointer.h"
#include "engine/data_files.h"
#include "engine/database.h"
#include "engine/idle_connections.h"
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
  explicit Core(DatabaseOptions database_options)
      : options(std::move(database_options)),
        result_budget(std::make_shared<ResultBudget>(options.server_result_bytes_max)) {}

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

  /// Refuses new work, cancels what runs, waits for its end and closes the DuckDB instance.
  Status Close();

  const DatabaseOptions options;

  // Set by Open before anything runs; the instance goes in Close.
  std::unique_ptr<duckdb::DuckDB> instance;
  Workers workers;  ///< Between Open and Close.
  IdleConnections idle_connections;
  std::string default_catalog;
  std::shared_ptr<DataFiles> data_files;  ///< Null without any.

  // Counters, see engine::Counters.
  std::atomic<int64_t> running_queries = 0;
  std::atomic<int64_t> running_appends = 0;

  /// Outlives the core where readers keep batches.
  const std::shared_ptr<ResultBudget> result_budget;

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
  bool closing_ = false;
};

}  // namespace arrowport::engine
