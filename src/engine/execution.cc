#include "engine/execution.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <duckdb/main/client_config.hpp>
#include <duckdb/main/client_context.hpp>
#include <duckdb/main/client_context_state.hpp>
#include <duckdb/main/pending_query_result.hpp>
#include <duckdb/main/prepared_statement_data.hpp>

#include "base/call_control.h"
#include "base/error.h"
#include "base/limits.h"
#include "engine/aborted_transaction.h"
#include "engine/arrow_schema.h"
#include "engine/batch_source.h"
#include "engine/core.h"
#include "engine/database.h"
#include "engine/duckdb_error.h"
#include "engine/gate_statement.h"
#include "engine/kept_plans.h"
#include "engine/only_reads.h"
#include "engine/pipeline_bytes.h"
#include "engine/planning.h"
#include "engine/result_collector.h"
#include "engine/result_queue.h"
#include "engine/run_planned.h"
#include "engine/run_tasks.h"
#include "engine/scalar.h"
#include "engine/statement_changes.h"
#include "engine/workers.h"

namespace arrowport::engine {
namespace {

constexpr const char* kWatchName = "arrowport_watch";

// How long we look for an error that a failing task has announced. DuckDB records it when the
// exception reaches its task loop, microseconds after the announcement.
constexpr auto kErrorLookTime = std::chrono::seconds(2);
constexpr auto kErrorLookStep = std::chrono::microseconds(50);

}  // namespace

/// Hears of tasks that end. A task that leaves by an exception never reaches the collector.
class Execution::Watch final : public duckdb::ClientContextState {
 public:
  explicit Watch(std::weak_ptr<Execution> execution) : execution_(std::move(execution)) {}

  void OnTaskStop(duckdb::ClientContext& /*context*/) override {
    if (std::uncaught_exceptions() == 0) return;
    if (auto execution = execution_.lock()) execution->PostTaskFailed();
  }

 private:
  const std::weak_ptr<Execution> execution_;
};

Result<std::shared_ptr<Execution>> Execution::Start(std::shared_ptr<Core> core,
                                                    const Statement& statement,
                                                    const ExecutionOptions& options,
                                                    const CallControl& control) {
  auto execution = std::make_shared<Execution>(std::move(core));
  if (!execution->core_->Register(execution.get(), execution)) {
    return MakeError(ErrorKind::kUnavailable, "the database is closing");
  }
  execution->ArmCancellation(control);
  {
    // What DuckDB announces while it still plans waits for this.
    std::lock_guard life(execution->life_mutex_);
    execution->home_ = options.home;
    execution->held_until_over_ = options.held_until_over;
    execution->before_commit_ = options.before_commit;
    execution->afterwards_ = options.afterwards;
    execution->workers_ = std::make_unique<Workers::Use>(execution->core_->workers);
    const Status started = Guarded([&] { return execution->Run(statement, options); });
    if (!started.ok()) {
      execution->CloseLocked(execution->core_->Blame(started));
    } else if (options.help) {
      execution->HelpLocked();
      if (!execution->ended_) execution->workers_->HandOver();
    } else {
      execution->workers_->Need();
    }
  }
  // A failure to start and a cancel while planning are told by the call, not by the stream.
  if (execution->queue_->closed() && !execution->queue_->status().ok()) {
    return execution->queue_->status();
  }
  return execution;
}

Execution::Execution(std::shared_ptr<Core> core)
    : core_(std::move(core)),
      queue_(std::make_shared<ResultQueue>(
          ResultQueueOptions{.bytes_max = core_->options.result_bytes_max,
                             .batch_bytes = limits::kResultBatchBytes,
                             .batch_bytes_min = limits::kResultBatchBytesMin},
          core_->result_budget)),
      target_(std::make_shared<CollectorTarget>()),
      plan_share_(core_->plan_budget) {
  target_->queue = queue_.get();
}

Execution::~Execution() {
  // Nobody else holds it: no task, since those were drained, and nothing on the pool.
  std::lock_guard life(life_mutex_);
  if (!ended_) CloseLocked(MakeError(ErrorKind::kCancelled, "the result was given up"));
}

void Execution::ArmCancellation(const CallControl& control) {
  const auto cancel = [weak = weak_from_this()](ErrorKind kind, const char* message) {
    if (auto execution = weak.lock()) execution->Cancel(MakeError(kind, message));
  };
  if (control.deadline) {
    // On the pool, since the timer's own thread may not hold the last reference to the core.
    deadline_ = core_->timer.Add(*control.deadline, [cancel, &threads = core_->threads] {
      threads.Post([cancel] {
        cancel(ErrorKind::kDeadlineExceeded, "the deadline passed; the statement was cancelled");
      });
    });
  }
  if (control.stop.stop_possible()) {
    stop_callback_.emplace(control.stop, [cancel] {
      cancel(ErrorKind::kCancelled, "the caller cancelled the statement");
    });
  }
}

Status Execution::Run(const Statement& statement, const ExecutionOptions& options) {
  Connect(options);
  // Its deadline cancels it, too.
  Planning planning(core_->plan_budget, {.deadline = {}, .stop = cancelled_.get_token()},
                    connection_->context.get());
  const Status started = Guarded([&] { return PlanAndStart(statement, options, planning); });
  plan_share_ = planning.TakeShare();
  return planning.Explain(started);
}

Status Execution::PlanAndStart(const Statement& statement, const ExecutionOptions& options,
                               Planning& planning) {
  auto& context = *connection_->context;
  ARROW_ASSIGN_OR_RAISE(auto parameters, ToDuckDbParameters(statement.parameters));
  if (MayKeepPlan(statement)) {
    kept_plan_ = KeptPlans::Of(context).Find(statement.sql, parameters);
    if (kept_plan_ != nullptr) return RunLast(nullptr, statement, parameters, options);
  }
  auto statements = connection_->ExtractStatements(statement.sql);
  ARROW_RETURN_NOT_OK(CheckKinds(statements, statement, options.read_only));
  if (statements.size() > 1) connection_is_plain_ = false;
  if (options.prepare_context) {
    Planning::TurnOff();
    options.prepare_context(context);
    planning.TurnOn();
  }
  if (before_commit_) connection_->BeginTransaction();
  ARROW_RETURN_NOT_OK(RunLeading(statements, planning));
  if (MayKeepPlan(statement)) {
    kept_plan_ = KeptPlans::Of(context).Make(context, statement.sql, *statements[0], parameters);
  }
  // It may wait for others, for longer than planning may take.
  Planning::TurnOff();
  EnterForIndex(*core_, *connection_, *statements.back(), &gate_, cancelled_.get_token());
  planning.TurnOn();
  return RunLast(std::move(statements.back()), statement, parameters, options);
}

bool Execution::MayKeepPlan(const Statement& statement) const {
  return connection_is_plain_ && !statement.parameters.empty();
}

void Execution::Connect(const ExecutionOptions& options) {
  const auto& files = core_->data_files;
  connection_is_plain_ = files == nullptr && home_ == nullptr && !options.prepare_context;
  duckdb::unique_ptr<duckdb::Connection> connection;
  if (home_ != nullptr) connection = home_->Lend();
  if (connection_is_plain_) connection = core_->idle_connections.Take();
  if (connection == nullptr) connection = duckdb::make_uniq<duckdb::Connection>(*core_->instance);
  if (files != nullptr && home_ != nullptr) files->Look();
  if (files != nullptr && home_ == nullptr) files->Show(*connection);
  std::lock_guard lock(connection_mutex_);
  connection_ = std::move(connection);
}

Status Execution::RunLast(duckdb::unique_ptr<duckdb::SQLStatement> statement,
                          const Statement& given, KeptPlans::Values& parameters,
                          const ExecutionOptions& options) {
  const std::string text = statement == nullptr ? std::string() : TextOf(*statement);
  Status started = StartLast(std::move(statement), given, parameters, options);
  if (started.ok() || !Reenter(*core_, &gate_, cancelled_.get_token())) return started;
  if (kept_plan_ == nullptr) statement = std::move(connection_->ExtractStatements(text).back());
  return StartLast(std::move(statement), given, parameters, options);
}

Status Execution::StartLast(duckdb::unique_ptr<duckdb::SQLStatement> statement,
                            const Statement& given, KeptPlans::Values& parameters,
                            const ExecutionOptions& options) {
  auto& context = *connection_->context;
  context.registered_state->Insert(kWatchName, duckdb::make_shared_ptr<Watch>(weak_from_this()));
  {
    const std::lock_guard lock(helping_mutex_);
    helping_ = options.help;
  }
  target_->eager = options.eager;
  InstallCollector(options);
  // A streaming result would not ask for our collector.
  const duckdb::QueryParameters not_streaming(false);
  if (kept_plan_ != nullptr) {
    pending_ = context.PendingQuery(given.sql, kept_plan_->data,
                                    {.parameters = nullptr, .query_parameters = not_streaming});
    if (!kept_plan_is_used_) KeptPlans::Of(context).Forget(given.sql);
  } else if (given.parameters.empty()) {
    pending_ = context.PendingQuery(std::move(statement), not_streaming);
  } else {
    pending_ = context.PendingQuery(std::move(statement), parameters, not_streaming);
  }
  duckdb::ClientConfig::GetConfig(context).get_result_collector = nullptr;
  if (pending_->HasError()) return FromDuckDb(pending_->GetErrorObject());
  return Status::OK();
}

// Runs all statements but the last, on this thread.
Status Execution::RunLeading(std::vector<duckdb::unique_ptr<duckdb::SQLStatement>>& statements,
                             Planning& planning) {
  for (size_t i = 0; i + 1 < statements.size(); ++i) {
    ARROW_RETURN_NOT_OK(CheckCommits(*connection_, *statements[i]));
    auto result = RunPlanned(*core_, *connection_, std::move(statements[i]), planning,
                             cancelled_.get_token());
    planning.TurnOn();
    if (result->HasError()) return FromDuckDb(result->GetErrorObject());
    TellChanges(ChangesOf(*result));
    if (queue_->closed()) return queue_->status();
  }
  return CheckCommits(*connection_, *statements.back());
}

void Execution::InstallCollector(const ExecutionOptions& options) {
  target_->all_rows_are_in = [weak = weak_from_this()] {
    if (auto execution = weak.lock()) execution->PostAllRowsAreIn();
  };
  auto& config = duckdb::ClientConfig::GetConfig(*connection_->context);
  config.get_result_collector = [this, ordered = options.ordered, read_only = options.read_only](
                                    duckdb::ClientContext& context,
                                    duckdb::PreparedStatementData& statement)
      -> duckdb::unique_ptr<duckdb::PhysicalOperator> {
    Planning::Finish(PipelineBytes(statement.physical_plan->Root()));
    if (!DecideReadOnly(context, statement, read_only)) connection_is_plain_ = false;
    kept_plan_is_used_ = kept_plan_ != nullptr && &statement == kept_plan_->data.get();
    changes_ = ChangesOf(statement);
    GateStatement(*core_, context, statement, changes_, &gate_, cancelled_.get_token());
    auto schema = ArrowSchemaOf(statement.types, statement.names, context);
    if (!schema.ok()) throw duckdb::NotImplementedException(schema.status().message());
    target_->schema = std::move(schema).ValueUnsafe();
    auto& root = statement.physical_plan->Root();
    auto order = ResultCollector::OrderOf(context, root, ordered);
    // Each thread that takes part has its scan to set up, which a point query is not worth.
    const bool is_short = kept_plan_is_used_ && kept_plan_->pace == KeptPlan::Pace::kShort;
    const bool alone = target_->eager || is_short;
    if (alone && order == ResultOrder::kBatchIndex) order = ResultOrder::kSingle;
    queue_->SetOrder(order);
    return duckdb::make_uniq<ResultCollector>(*statement.physical_plan, statement, target_);
  };
}

void Execution::HelpLocked() {
  const Status helped = Guarded([this] {
    const bool may_be_point = kept_plan_is_used_ && kept_plan_->pace != KeptPlan::Pace::kLong;
    RunTasks(*connection_->context, *workers_, may_be_point);
    return Status::OK();
  });
  bool all_rows_are_in = false;
  bool task_failed = false;
  {
    const std::lock_guard lock(helping_mutex_);
    helping_ = false;
    all_rows_are_in = all_rows_are_in_;
    task_failed = task_failed_;
  }
  if (!helped.ok()) return CloseLocked(helped);
  if (kept_plan_ != nullptr) {
    kept_plan_->pace = all_rows_are_in ? KeptPlan::Pace::kShort : KeptPlan::Pace::kLong;
  }
  if (all_rows_are_in) return EndWithAllRowsLocked();
  if (task_failed) return EndWithTaskErrorLocked();
}

void Execution::PostAllRowsAreIn() {
  {
    const std::lock_guard lock(helping_mutex_);
    all_rows_are_in_ = true;
    if (helping_) return;
  }
  core_->threads.Post([self = shared_from_this()] { self->EndWithAllRows(); });
}

void Execution::PostTaskFailed() {
  {
    const std::lock_guard lock(helping_mutex_);
    task_failed_ = true;
    if (helping_) return;
  }
  core_->threads.Post([self = shared_from_this()] { self->EndWithTaskError(); });
}

void Execution::EndWithAllRows() {
  std::lock_guard life(life_mutex_);
  if (!ended_) EndWithAllRowsLocked();
}

void Execution::EndWithAllRowsLocked() {
  // Cancelled before the commit: RollBack, which is on its way, must not find it committed.
  auto running = Phase::kRunning;
  if (!phase_.compare_exchange_strong(running, Phase::kCommitting)) return;
  // Here too, since others see what is committed before CloseLocked is there.
  core_->table_versions.Change(changes_);
  const Status executed = Guarded([this] {
    auto result = pending_->Execute();
    return result->HasError() ? FromDuckDb(result->GetErrorObject()) : CommitRest();
  });
  if (executed.ok() && connection_is_plain_) KeepConnectionLocked();
  CloseLocked(executed);
}

std::optional<double> Execution::progress() {
  const std::unique_lock life(life_mutex_, std::try_to_lock);
  if (!life.owns_lock()) return std::nullopt;
  if (ended_) return 1;
  if (pending_ == nullptr || phase_ != Phase::kRunning) return std::nullopt;
  std::optional<double> told;
  (void)Guarded([&] {
    duckdb::ProgressData progress;
    auto& executor = connection_->context->GetExecutor();
    const bool is_known = executor.GetPipelinesProgress(progress) == 0 && progress.IsValid();
    if (is_known && progress.total > 0) told = std::clamp(progress.ProgressDone(), 0.0, 1.0);
    return Status::OK();
  });
  return told;
}

// What a statement leaves to do that is not alone.
Status Execution::CommitRest() {
  if (!before_commit_ && !afterwards_) return Status::OK();
  pending_.reset();
  if (afterwards_) return afterwards_(*connection_);
  ARROW_RETURN_NOT_OK(before_commit_(*connection_));
  connection_->Commit();
  return Status::OK();
}

void Execution::KeepConnectionLocked() {
  pending_.reset();
  kept_plan_.reset();
  connection_->context->registered_state->Remove(kWatchName);
  duckdb::unique_ptr<duckdb::Connection> connection;
  {
    std::lock_guard lock(connection_mutex_);
    connection = std::move(connection_);
  }
  core_->idle_connections.Keep(std::move(connection));
}

void Execution::EndWithTaskError() {
  std::lock_guard life(life_mutex_);
  EndWithTaskErrorLocked();
}

void Execution::EndWithTaskErrorLocked() {
  const auto give_up = Clock::now() + kErrorLookTime;
  // Of one that was cancelled RollBack makes the end. Here DuckDB would take the interrupt for an
  // error that ends the transaction around it.
  while (!ended_ && phase_ != Phase::kCancelled && Clock::now() < give_up) {
    auto pulse = duckdb::PendingExecutionResult::EXECUTION_ERROR;
    const Status looked = Guarded([&] {
      pulse = pending_->CheckPulse();
      return Status::OK();
    });
    if (!looked.ok()) return CloseLocked(looked);
    if (pulse == duckdb::PendingExecutionResult::EXECUTION_ERROR) {
      return CloseLocked(FromDuckDb(pending_->GetErrorObject()));
    }
    if (duckdb::PendingQueryResult::IsExecutionFinished(pulse)) return;
    std::this_thread::sleep_for(kErrorLookStep);
  }
}

void Execution::Cancel(const Status& reason) {
  auto running = Phase::kRunning;
  if (queue_->closed() || !phase_.compare_exchange_strong(running, Phase::kCancelled)) return;
  queue_->Close(reason);
  cancelled_.request_stop();
  {
    // Reaches a statement that is still being planned, which holds life_mutex_.
    std::lock_guard lock(connection_mutex_);
    if (connection_ != nullptr) connection_->Interrupt();
  }
  core_->threads.Post([self = shared_from_this()] { self->RollBack(); });
}

void Execution::RollBack() {
  std::lock_guard life(life_mutex_);
  if (ended_) return;
  CloseLocked(queue_->status());
}

void Execution::CloseLocked(const Status& status) {
  ended_ = true;
  // The queue outlives the tasks, so its end is told after the connection is gone: whoever sees
  // the end finds the transaction over.
  if (connection_ != nullptr) {
    (void)Guarded([this] {
      connection_->Interrupt();
      connection_->context->CancelTransaction();
      return Status::OK();
    });
    pending_.reset();
    kept_plan_.reset();
    if (home_ != nullptr) ReturnHomeLocked(status);
    std::lock_guard lock(connection_mutex_);
    connection_.reset();
  }
  home_.reset();
  if (deadline_) core_->timer.Remove(*deadline_);
  core_->table_versions.Change(changes_);
  const Status settled = changes_.any() ? core_->Settle(status) : status;
  if (changes_.any()) core_->checkpointer.Wrote();
  gate_.pass.reset();
  held_until_over_.reset();
  before_commit_ = nullptr;
  afterwards_ = nullptr;
  workers_.reset();
  plan_share_.Release();
  core_->Unregister(this);
  queue_->Close(settled);
  if (!settled.ok()) StopCounting();
}

// As it was before the statement, but for what that has done to it.
void Execution::ReturnHomeLocked(const Status& status) {
  const Status returned = Guarded([&] {
    auto& context = *connection_->context;
    context.registered_state->Remove(kWatchName);
    BatchSource::Detach(context);
    duckdb::ClientConfig::GetConfig(context).get_result_collector = nullptr;
    const bool goes_on = !context.transaction.IsAutoCommit();
    if (goes_on && before_commit_) connection_->Rollback();
    if (goes_on && !before_commit_) {
      home_->NoteChanges(changes_);
      // DuckDB has no savepoints: what was done of it stays.
      if (!status.ok()) NoteFailure(context, status, changes_.any());
    }
    return Status::OK();
  });
  if (!returned.ok()) NoteFailure(*connection_->context, returned, true);
  const std::lock_guard lock(connection_mutex_);
  home_->GiveBack(std::move(connection_));
}

// Of a statement before the last.
void Execution::TellChanges(const ChangedTables& changes) {
  core_->table_versions.Change(changes);
  if (home_ != nullptr) home_->NoteChanges(changes);
}

void Execution::CountAsQuery() {
  ++core_->running_queries;
  counted_ = true;
  // It may have failed before it was counted.
  if (queue_->closed() && !queue_->status().ok()) StopCounting();
}

void Execution::StopCounting() {
  if (counted_.exchange(false)) --core_->running_queries;
}

}  // namespace arrowport::engine
