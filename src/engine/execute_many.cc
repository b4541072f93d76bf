#include "engine/execute_many.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include <arrow/record_batch.h>
#include <arrow/scalar.h>
#include <duckdb.hpp>
#include <duckdb/main/prepared_statement.hpp>
#include <duckdb/main/prepared_statement_data.hpp>

#include "base/call_control.h"
#include "base/deadline_timer.h"
#include "base/error.h"
#include "engine/aborted_transaction.h"
#include "engine/core.h"
#include "engine/database.h"
#include "engine/duckdb_error.h"
#include "engine/kept_connection.h"
#include "engine/only_reads.h"
#include "engine/planning.h"
#include "engine/run_planned.h"
#include "engine/scalar.h"
#include "engine/statement_changes.h"
#include "engine/table_versions.h"
#include "engine/workers.h"

namespace arrowport::engine {
namespace {

/// Interrupts what runs on a connection when the caller stops or its time is over.
class Interrupter {
 public:
  Interrupter(Core& core, duckdb::Connection& connection, const CallControl& control)
      : core_(core),
        control_(control),
        on_stop_(control.stop, [&connection] { connection.Interrupt(); }),
        on_deadline_(late_->get_token(), [&connection] { connection.Interrupt(); }) {
    if (!control.deadline) return;
    // The timer may call when this has gone.
    alarm_ = core.timer.Add(*control.deadline, [late = late_] { late->request_stop(); });
  }
  ~Interrupter() {
    if (alarm_) core_.timer.Remove(*alarm_);
  }
  Interrupter(const Interrupter&) = delete;
  Interrupter& operator=(const Interrupter&) = delete;

  /// Why it should not go on.
  [[nodiscard]] Status Check() const {
    if (control_.stop.stop_requested()) {
      return MakeError(ErrorKind::kCancelled, "the caller cancelled the statement");
    }
    if (late_->stop_requested()) {
      return MakeError(ErrorKind::kDeadlineExceeded,
                       "the deadline passed; the statement was cancelled");
    }
    return Status::OK();
  }

 private:
  Core& core_;
  const CallControl& control_;
  const std::shared_ptr<std::stop_source> late_ = std::make_shared<std::stop_source>();
  const std::stop_callback<std::function<void()>> on_stop_;
  const std::stop_callback<std::function<void()>> on_deadline_;
  std::optional<DeadlineTimer::Key> alarm_;
};

bool HasColumns(const ParameterRows& rows) {
  return std::ranges::any_of(rows, [](const auto& batch) { return batch->num_columns() > 0; });
}

class ManyExecutions {
 public:
  ManyExecutions(Core& core, duckdb::Connection& connection, const Interrupter& interrupter,
                 const CallControl& control)
      : core_(core),
        connection_(connection),
        interrupter_(interrupter),
        stop_(control.stop),
        planning_(core.plan_budget, control, connection.context.get()) {}

  Status Prepare(const std::string& sql, bool has_parameters) {
    return Planned([&] { return Parse(sql, has_parameters); });
  }

  /// Whether they make one transaction only if they are told to.
  [[nodiscard]] bool has_several_statements() const { return !several_.empty(); }

  Status RunAll(const ParameterRows& rows) {
    return Planned([&] { return has_several_statements() ? RunStatements() : RunRows(rows); });
  }

  [[nodiscard]] int64_t changed() const { return changed_; }
  [[nodiscard]] ChangedTables changes() const { return changes_.value_or(ChangedTables{}); }

 private:
  template <typename Work>
  Status Planned(const Work& work) {
    planning_.TurnOn();
    return planning_.Explain(Guarded(work));
  }

  Status Parse(const std::string& sql, bool has_parameters) {
    auto statements = connection_.ExtractStatements(sql);
    ARROW_RETURN_NOT_OK(CheckKnown(statements));
    if (statements.size() > 1 && !has_parameters) {
      // Each is planned when those before it have run.
      several_ = std::move(statements);
      return Status::OK();
    }
    if (statements.size() != 1) {
      return MakeError(ErrorKind::kInvalidInput,
                       "parameters need a single statement; this text holds " +
                           std::to_string(statements.size()));
    }
    const auto type = statements.front()->type;
    if (type == duckdb::StatementType::TRANSACTION_STATEMENT && has_parameters) {
      return MakeError(ErrorKind::kInvalidInput, "a statement of transactions has no parameters");
    }
    ARROW_RETURN_NOT_OK(CheckCommits(connection_, *statements.front()));
    return PrepareOne(std::move(statements.front()));
  }

  Status RunRows(const ParameterRows& rows) {
    int64_t number = 0;
    for (const auto& batch : rows) {
      for (int64_t row = 0; row < batch->num_rows(); ++row, ++number) {
        ARROW_RETURN_NOT_OK(interrupter_.Check());
        const Status done = RunOne(*batch, row);
        // What was interrupted has a reason that DuckDB does not know.
        if (!done.ok()) ARROW_RETURN_NOT_OK(interrupter_.Check());
        if (done.ok() || batch->num_columns() == 0) {
          ARROW_RETURN_NOT_OK(done);
          continue;
        }
        return WithContext("row " + std::to_string(number) + " of the parameters", done);
      }
    }
    return Status::OK();
  }

  Status PrepareOne(duckdb::unique_ptr<duckdb::SQLStatement> statement) {
    prepared_ = connection_.Prepare(std::move(statement));
    return prepared_->HasError() ? FromDuckDb(prepared_->error) : Status::OK();
  }

  Status RunStatements() {
    ChangedTables changes;
    for (auto& statement : several_) {
      ARROW_RETURN_NOT_OK(interrupter_.Check());
      ARROW_RETURN_NOT_OK(CheckCommits(connection_, *statement));
      ARROW_RETURN_NOT_OK(PrepareOne(std::move(statement)));
      const Status done = RunPrepared({});
      if (!done.ok()) ARROW_RETURN_NOT_OK(interrupter_.Check());
      if (changes_) Join(changes, *changes_);
      changes_ = changes;
      ARROW_RETURN_NOT_OK(done);
    }
    return Status::OK();
  }

  static void Join(ChangedTables& all, const ChangedTables& more) {
    all.all = all.all || more.all;
    all.tables.insert(all.tables.end(), more.tables.begin(), more.tables.end());
  }

  Status RunOne(const arrow::RecordBatch& batch, int64_t row) {
    duckdb::vector<duckdb::Value> values;
    for (const auto& column : batch.columns()) {
      ARROW_ASSIGN_OR_RAISE(const auto scalar, column->GetScalar(row));
      ARROW_ASSIGN_OR_RAISE(auto value, ToDuckDbValue(*scalar));
      values.push_back(std::move(value));
    }
    return RunPrepared(values);
  }

  Status RunPrepared(const duckdb::vector<duckdb::Value>& values) {
    const auto result = RunPlanned(core_, connection_, *prepared_, values, planning_, stop_);
    planning_.TurnOn();
    if (result->HasError()) return FromDuckDb(result->GetErrorObject());
    Count(*result);
    // The same each time.
    if (!changes_ || has_several_statements()) changes_ = ChangesOf(*result);
    return Status::OK();
  }

  void Count(duckdb::QueryResult& result) {
    auto& rows = result.Cast<duckdb::MaterializedQueryResult>();
    using duckdb::StatementReturnType;
    const auto type = result.properties.return_type;
    const bool makes_table = result.statement_type == duckdb::StatementType::CREATE_STATEMENT;
    if (type == StatementReturnType::CHANGED_ROWS || makes_table) {
      if (rows.RowCount() == 1) changed_ += rows.GetValue(0, 0).GetValue<int64_t>();
    } else if (type == StatementReturnType::QUERY_RESULT) {
      changed_ += static_cast<int64_t>(rows.RowCount());
    }
  }

  Core& core_;
  duckdb::Connection& connection_;
  const Interrupter& interrupter_;
  const std::stop_token stop_;
  Planning planning_;
  duckdb::unique_ptr<duckdb::PreparedStatement> prepared_;
  duckdb::vector<duckdb::unique_ptr<duckdb::SQLStatement>> several_;  ///< Without parameters.
  int64_t changed_ = 0;
  std::optional<ChangedTables> changes_;
};

// In a transaction of their own.
Result<int64_t> RunAndCommit(Core& core, duckdb::Connection& connection, const std::string& sql,
                             const ParameterRows& rows, const CallControl& control) {
  const Interrupter interrupter(core, connection, control);
  const Workers::Use workers(core.workers);
  ManyExecutions executions(core, connection, interrupter, control);
  ARROW_RETURN_NOT_OK(executions.Prepare(sql, HasColumns(rows)));
  // One alone commits by itself, and some can only be run so.
  const bool is_one = CountRows(rows) == 1 && !executions.has_several_statements();
  if (!is_one) ARROW_RETURN_NOT_OK(RunSql(connection, "BEGIN"));
  Status committed = executions.RunAll(rows);
  core.table_versions.Change(executions.changes());
  if (!is_one && !committed.ok()) (void)RunSql(connection, "ROLLBACK");
  if (!is_one && committed.ok()) {
    const auto pass =
        core.index_gate.Write(executions.changes().tables, IndexGate::Effect::kRemoves);
    committed = RunSql(connection, "COMMIT");
  }
  committed = core.Settle(committed);
  // Again, since rows may have been seen between the first time and their commit.
  core.table_versions.Change(executions.changes());
  core.checkpointer.Wrote();
  if (!committed.ok()) return core.Blame(committed);
  return executions.changed();
}

// In the transaction that is open there.
Result<int64_t> RunWithin(Core& core, KeptConnection::Use& use, const std::string& sql,
                          const ParameterRows& rows, const CallControl& control) {
  const Interrupter interrupter(core, use.connection(), control);
  const Workers::Use workers(core.workers);
  ManyExecutions executions(core, use.connection(), interrupter, control);
  ARROW_RETURN_NOT_OK(executions.Prepare(sql, HasColumns(rows)));
  const Status run = executions.RunAll(rows);
  use.NoteChanges(executions.changes());
  // A statement may have ended it: what was changed is there for others.
  if (!use.in_transaction()) {
    core.table_versions.Change(use.changes());
    core.checkpointer.Wrote();
  }
  if (run.ok()) return executions.changed();
  NoteFailure(*use.connection().context, run, true);
  return core.Blame(run);
}

}  // namespace

Result<int64_t> ExecuteMany(Core& core, KeptConnection::Use& use, const std::string& sql,
                            const ParameterRows& rows, const CallControl& control) {
  if (use.in_transaction()) return RunWithin(core, use, sql, rows, control);
  return RunAndCommit(core, use.connection(), sql, rows, control);
}

Result<int64_t> ExecuteMany(const std::shared_ptr<Core>& core, const std::string& sql,
                            const ParameterRows& rows, const CallControl& control) {
  ARROW_ASSIGN_OR_RAISE(const auto connection, core->Connect());
  return RunAndCommit(*core, *connection, sql, rows, control);
}

}  // namespace arrowport::engine
