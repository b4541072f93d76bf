#include "engine/execution.h"

#include <chrono>
#include <exception>
#include <thread>
#include <utility>

#include <duckdb/main/client_config.hpp>
#include <duckdb/main/client_context.hpp>
#include <duckdb/main/client_context_state.hpp>
#include <duckdb/main/pending_query_result.hpp>
#include <duckdb/main/prepared_statement_data.hpp>

#include "engine/arrow_schema.h"
#include "engine/duckdb_error.h"
#include "engine/result_collector.h"
#include "engine/scalar.h"

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
    execution->held_until_over_ = options.held_until_over;
    const Status started = Guarded([&] { return execution->Run(statement, options); });
    if (!started.ok()) execution->CloseLocked(started);
  }
  // A failure to start and a cancel while planning are told by the call, not by the stream.
  if (execution->queue_.closed() && !execution->queue_.status().ok()) {
    return execution->queue_.status();
  }
  return execution;
}

Execution::Execution(std::shared_ptr<Core> core)
    : core_(std::move(core)),
      queue_(
          {.bytes_max = core_->options.result_bytes_max, .batch_bytes = limits::kResultBatchBytes},
          core_->result_bytes_held),
      target_(std::make_shared<CollectorTarget>()) {
  target_->queue = &queue_;
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
  {
    std::lock_guard lock(connection_mutex_);
    connection_ = duckdb::make_uniq<duckdb::Connection>(*core_->instance);
  }
  auto& context = *connection_->context;
  auto statements = connection_->ExtractStatements(statement.sql);
  if (statements.empty()) {
    return MakeError(ErrorKind::kInvalidInput, "the SQL text holds no statement");
  }
  if (statements.size() > 1 && !statement.parameters.empty()) {
    return MakeError(
        ErrorKind::kInvalidInput,
        "parameters need a single statement; this text holds " + std::to_string(statements.size()));
  }
  ARROW_ASSIGN_OR_RAISE(auto parameters, ToDuckDbParameters(statement.parameters));
  if (options.prepare_context) options.prepare_context(context);
  ARROW_RETURN_NOT_OK(RunLeading(statements));

  context.registered_state->Insert(kWatchName, duckdb::make_shared_ptr<Watch>(weak_from_this()));
  InstallCollector(options.ordered);
  // A streaming result would not ask for our collector.
  const duckdb::QueryParameters not_streaming(false);
  pending_ = statement.parameters.empty()
                 ? context.PendingQuery(std::move(statements.back()), not_streaming)
                 : context.PendingQuery(std::move(statements.back()), parameters, not_streaming);
  duckdb::ClientConfig::GetConfig(context).get_result_collector = nullptr;
  if (pending_->HasError()) return FromDuckDb(pending_->GetErrorObject());
  return Status::OK();
}

// Runs all statements but the last, on this thread.
Status Execution::RunLeading(std::vector<duckdb::unique_ptr<duckdb::SQLStatement>>& statements) {
  for (size_t i = 0; i + 1 < statements.size(); ++i) {
    auto result = connection_->Query(std::move(statements[i]));
    if (result->HasError()) return FromDuckDb(result->GetErrorObject());
    if (queue_.closed()) return queue_.status();
  }
  return Status::OK();
}

void Execution::InstallCollector(bool ordered) {
  target_->all_rows_are_in = [weak = weak_from_this()] {
    if (auto execution = weak.lock()) execution->PostAllRowsAreIn();
  };
  auto& config = duckdb::ClientConfig::GetConfig(*connection_->context);
  config.get_result_collector = [this, ordered](duckdb::ClientContext& context,
                                                duckdb::PreparedStatementData& statement)
      -> duckdb::unique_ptr<duckdb::PhysicalOperator> {
    auto schema = ArrowSchemaOf(statement.types, statement.names, context);
    if (!schema.ok()) throw duckdb::NotImplementedException(schema.status().message());
    target_->schema = std::move(schema).ValueUnsafe();
    auto& root = statement.physical_plan->Root();
    queue_.SetOrder(ResultCollector::OrderOf(context, root, ordered));
    return duckdb::make_uniq<ResultCollector>(*statement.physical_plan, statement, target_);
  };
}

void Execution::PostAllRowsAreIn() {
  core_->threads.Post([self = shared_from_this()] { self->EndWithAllRows(); });
}

void Execution::PostTaskFailed() {
  core_->threads.Post([self = shared_from_this()] { self->EndWithTaskError(); });
}

void Execution::EndWithAllRows() {
  std::lock_guard life(life_mutex_);
  if (ended_) return;
  // Cancelled before the commit: RollBack, which is on its way, must not find it committed.
  auto running = Phase::kRunning;
  if (!phase_.compare_exchange_strong(running, Phase::kCommitting)) return;
  CloseLocked(Guarded([this] {
    auto result = pending_->Execute();
    return result->HasError() ? FromDuckDb(result->GetErrorObject()) : Status::OK();
  }));
}

void Execution::EndWithTaskError() {
  std::lock_guard life(life_mutex_);
  const auto give_up = Clock::now() + kErrorLookTime;
  while (!ended_ && Clock::now() < give_up) {
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
  if (queue_.closed() || !phase_.compare_exchange_strong(running, Phase::kCancelled)) return;
  queue_.Close(reason);
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
  CloseLocked(queue_.status());
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
    std::lock_guard lock(connection_mutex_);
    connection_.reset();
  }
  if (deadline_) core_->timer.Remove(*deadline_);
  held_until_over_.reset();
  core_->Unregister(this);
  queue_.Close(status);
  if (!status.ok()) StopCounting();
}

void Execution::CountAsQuery() {
  ++core_->running_queries;
  counted_ = true;
  // It may have failed before it was counted.
  if (queue_.closed() && !queue_.status().ok()) StopCounting();
}

void Execution::StopCounting() {
  if (counted_.exchange(false)) --core_->running_queries;
}

namespace {

class ExecutionStream final : public ResultStream {
 public:
  explicit ExecutionStream(std::shared_ptr<Execution> execution)
      : execution_(std::move(execution)) {
    execution_->CountAsQuery();
  }

  ~ExecutionStream() override {
    execution_->Cancel(MakeError(ErrorKind::kCancelled, "the result was not read to its end"));
    execution_->StopCounting();
  }

  ExecutionStream(const ExecutionStream&) = delete;
  ExecutionStream& operator=(const ExecutionStream&) = delete;

  [[nodiscard]] const std::shared_ptr<arrow::Schema>& schema() const override {
    return execution_->schema();
  }

  QueueState Poll(std::shared_ptr<arrow::RecordBatch>* batch, std::function<void()> wake) override {
    return execution_->queue().Poll(batch, std::move(wake));
  }

  [[nodiscard]] Status status() const override { return execution_->queue().status(); }

  void Cancel(const Status& reason) override { execution_->Cancel(reason); }

 private:
  const std::shared_ptr<Execution> execution_;
};

}  // namespace

std::shared_ptr<ResultStream> MakeResultStream(std::shared_ptr<Execution> execution) {
  return std::make_shared<ExecutionStream>(std::move(execution));
}

}  // namespace arrowport::engine
