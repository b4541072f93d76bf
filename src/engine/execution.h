#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <arrow/type.h>
#include <duckdb.hpp>

#include "base/call_control.h"
#include "engine/core.h"
#include "engine/gate_statement.h"
#include "engine/kept_connection.h"
#include "engine/kept_plans.h"
#include "engine/plan_budget.h"
#include "engine/planning.h"
#include "engine/result_collector.h"
#include "engine/result_queue.h"
#include "engine/result_stream.h"
#include "engine/table_versions.h"
#include "engine/workers.h"

namespace arrowport::engine {

struct ExecutionOptions {
  bool ordered = true;
  bool read_only = false;  ///< As in QueryOptions.
  /// Let the calling thread run the statement as long as that is quick, so that a small result is
  /// complete when Start returns, and no other thread had to be woken for it.
  bool help = false;
  bool eager = false;  ///< As in CollectorTarget.
  /// Called on the connection before the statement is planned.
  std::function<void(duckdb::ClientContext&)> prepare_context;
  /// Null, or run in the statement's transaction when all of its rows are in, before the commit.
  std::function<Status(duckdb::Connection&)> before_commit;
  /// Null, or run on the connection when the statement, which writes nothing that stays, is
  /// committed. Its failure is the execution's.
  std::function<Status(duckdb::Connection&)> afterwards;
  /// Null, or the connection that the statement runs on, in the transaction that is open there.
  /// Given back when the statement is over.
  std::shared_ptr<KeptConnection::Use> home;
  /// Let go when the transaction is over, committed or rolled back, and before the queue tells.
  std::shared_ptr<void> held_until_over;
};

/// One statement that DuckDB runs by itself on its worker threads, with its connection and its
/// result queue.
///
/// Nobody waits for it. DuckDB tells of the end in two ways, and both are answered on a thread of
/// the core's pool, because the end commits and a commit may wait for the disk, or on the thread
/// that starts it, as long as that helps:
///   1. all rows are in the queue: Execute() has nothing left to run, and commits;
///   2. a task left by an exception: DuckDB knows of it a moment later, so we look until it does.
/// A cancelled execution is rolled back on the pool as well: a parked query reacts to nothing else.
class Execution final : public std::enable_shared_from_this<Execution> {
 public:
  /// Plans and starts `statement` on a connection of its own, unless it has a home. Blocks while
  /// DuckDB plans.
  static Result<std::shared_ptr<Execution>> Start(std::shared_ptr<Core> core,
                                                  const Statement& statement,
                                                  const ExecutionOptions& options,
                                                  const CallControl& control);

  explicit Execution(std::shared_ptr<Core> core);
  ~Execution();
  Execution(const Execution&) = delete;
  Execution& operator=(const Execution&) = delete;

  [[nodiscard]] const std::shared_ptr<arrow::Schema>& schema() const { return target_->schema; }
  [[nodiscard]] ResultQueue& queue() { return *queue_; }
  [[nodiscard]] Core& core() { return *core_; }

  /// As of ResultStream. Nothing while it is planned.
  [[nodiscard]] std::optional<double> progress();

  /// Hands over rows that wait for a batch to fill. Only with `eager`.
  void FlushIdle() { target_->FlushIdle(); }

  /// Ends the queue with `reason` at once and rolls back soon after. Does nothing once the commit
  /// has begun: from there on only its outcome is the truth.
  void Cancel(const Status& reason);

  /// Counts this among the running queries until it fails or StopCounting is called.
  void CountAsQuery();
  void StopCounting();

 private:
  class Watch;

  Status Run(const Statement& statement, const ExecutionOptions& options);
  Status PlanAndStart(const Statement& statement, const ExecutionOptions& options,
                      Planning& planning);
  void Connect(const ExecutionOptions& options);
  Status RunLeading(std::vector<duckdb::unique_ptr<duckdb::SQLStatement>>& statements,
                    Planning& planning);
  Status RunLast(duckdb::unique_ptr<duckdb::SQLStatement> statement, const Statement& given,
                 KeptPlans::Values& parameters, const ExecutionOptions& options);
  Status StartLast(duckdb::unique_ptr<duckdb::SQLStatement> statement, const Statement& given,
                   KeptPlans::Values& parameters, const ExecutionOptions& options);
  [[nodiscard]] bool MayKeepPlan(const Statement& statement) const;
  void InstallCollector(const ExecutionOptions& options);
  void HelpLocked();
  void ArmCancellation(const CallControl& control);

  void PostAllRowsAreIn();
  void PostTaskFailed();
  void EndWithAllRows();
  void EndWithAllRowsLocked();
  void EndWithTaskError();
  void EndWithTaskErrorLocked();
  void RollBack();
  Status CommitRest();
  void KeepConnectionLocked();
  void ReturnHomeLocked(const Status& status);
  void TellChanges(const ChangedTables& changes);
  void CloseLocked(const Status& status);

  /// What decides how the execution ends: the first to leave kRunning.
  enum class Phase { kRunning, kCancelled, kCommitting };

  // Constant after Start.
  const std::shared_ptr<Core> core_;
  const std::shared_ptr<ResultQueue> queue_;
  const std::shared_ptr<CollectorTarget> target_;
  std::optional<DeadlineTimer::Key> deadline_;
  std::optional<std::stop_callback<std::function<void()>>> stop_callback_;

  std::atomic<Phase> phase_ = Phase::kRunning;
  std::stop_source cancelled_;  ///< While it is planned.
  std::atomic<bool> counted_ = false;

  // Whether the starting thread helps, and is to end what came to its end meanwhile. Innermost.
  std::mutex helping_mutex_;
  bool helping_ = false;
  bool all_rows_are_in_ = false;
  bool task_failed_ = false;

  // Guards the connection against an interrupt while it closes. Taken inside of life_mutex_.
  std::mutex connection_mutex_;
  duckdb::unique_ptr<duckdb::Connection> connection_;

  // Everything below is guarded by life_mutex_.
  std::mutex life_mutex_;
  duckdb::unique_ptr<duckdb::PendingQueryResult> pending_;
  std::shared_ptr<KeptConnection::Use> home_;
  std::shared_ptr<void> held_until_over_;
  std::function<Status(duckdb::Connection&)> before_commit_;
  std::function<Status(duckdb::Connection&)> afterwards_;
  std::unique_ptr<Workers::Use> workers_;
  ChangedTables changes_;
  GateEntry gate_;
  std::shared_ptr<KeptPlan> kept_plan_;  ///< Instead of planning the statement.
  bool kept_plan_is_used_ = false;
  PlanBudget::Share plan_share_;
  bool connection_is_plain_ = false;  ///< It comes out of the statement as it went in.
  bool ended_ = false;
};

}  // namespace arrowport::engine
