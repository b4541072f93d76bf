#include "engine/insert.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <arrow/array.h>

#include "base/bounded_queue.h"
#include "base/call_control.h"
#include "base/error.h"
#include "engine/append.h"
#include "engine/batch_source.h"
#include "engine/catalog.h"
#include "engine/column_fit.h"
#include "engine/core.h"
#include "engine/execution.h"
#include "engine/insert_target.h"
#include "engine/joint_append.h"
#include "engine/kept_connection.h"
#include "engine/land_rows.h"
#include "engine/landing.h"
#include "engine/landing_plan.h"
#include "engine/morsel_feed.h"
#include "engine/scannable.h"
#include "engine/session.h"
#include "engine/sql.h"
#include "engine/table.h"
#include "engine/table_claims.h"
#include "engine/table_rows.h"
#include "engine/vector_memory.h"

namespace arrowport::engine {
namespace {

class Insert final : public Append, public std::enable_shared_from_this<Insert> {
 public:
  Insert(std::shared_ptr<Core> core, std::shared_ptr<MorselFeed> feed)
      : core_(std::move(core)), feed_(std::move(feed)) {
    ++core_->running_appends;
  }

  ~Insert() override {
    Abort(MakeError(ErrorKind::kCancelled, "the put was given up before its end"));
    StopCounting();
  }

  Insert(const Insert&) = delete;
  Insert& operator=(const Insert&) = delete;

  /// Starts `sql`, which reads arrowport_batches().
  Status Start(const std::string& sql, ExecutionOptions options, const CallControl& control) {
    options.prepare_context = [source = feed_->source()](duckdb::ClientContext& context) {
      BatchSource::Attach(context, source);
    };
    auto memory = std::make_shared<VectorMemory>(*core_->instance->instance);
    feed_->source()->set_vector_memory(memory);
    options.held_until_over =
        std::make_shared<std::pair<std::shared_ptr<void>, std::shared_ptr<VectorMemory>>>(
            std::move(options.held_until_over), std::move(memory));
    ARROW_ASSIGN_OR_RAISE(execution_, Execution::Start(core_, {sql, {}}, options, control));
    feed_->OnFailure([weak = std::weak_ptr(execution_)](const Status& reason) {
      if (const auto running = weak.lock()) running->Cancel(reason);
    });
    Follow();
    return Status::OK();
  }

  QueueState Write(std::shared_ptr<arrow::RecordBatch> batch, std::function<void()> wake) override {
    const auto written = feed_->Write(std::move(batch), wake);
    if (written.ok()) return *written;
    Abort(written.status());
    return QueueState::kClosed;
  }

  void Finish(std::function<void(Result<int64_t>)> done) override {
    {
      const std::lock_guard lock(mutex_);
      done_ = std::move(done);
    }
    feed_->End();
    ReportIfOver();
  }

  void Abort(const Status& reason) override {
    // In this order: a worker that finds the source closed would end the query for its own reason.
    if (execution_ != nullptr) execution_->Cancel(reason);
    feed_->Abort(reason);
  }

 private:
  // Reads the statement's own result, the count of rows, and so hears of its end.
  void Follow() {
    std::shared_ptr<arrow::RecordBatch> batch;
    for (;;) {
      const QueueState state = execution_->queue().Poll(&batch, [weak = weak_from_this()] {
        if (auto self = weak.lock()) self->Follow();
      });
      if (state == QueueState::kWait) return;
      if (state == QueueState::kClosed) break;
      const auto& counts = static_cast<const arrow::Int64Array&>(*batch->column(0));
      rows_written_ += counts.Value(0);
    }
    const Status status = execution_->queue().status();
    feed_->Abort(status.ok() ? MakeError(ErrorKind::kInternal, "the insert ended early") : status);
    StopCounting();
    {
      std::lock_guard lock(mutex_);
      outcome_ = status.ok() ? Result<int64_t>(rows_written_) : Result<int64_t>(status);
    }
    ReportIfOver();
  }

  // Its transaction is over; the door may still be waiting for its client.
  void StopCounting() {
    if (counted_.exchange(false)) --core_->running_appends;
  }

  void ReportIfOver() {
    std::function<void(Result<int64_t>)> done;
    Result<int64_t> outcome = int64_t{0};
    {
      std::lock_guard lock(mutex_);
      if (!outcome_ || !done_) return;
      std::swap(done, done_);
      outcome = *outcome_;
    }
    done(std::move(outcome));
  }

  // Constant after Start.
  const std::shared_ptr<Core> core_;
  const std::shared_ptr<MorselFeed> feed_;
  std::shared_ptr<Execution> execution_;

  std::atomic<bool> counted_ = true;

  // Of Follow, which runs once at a time.
  int64_t rows_written_ = 0;

  // Everything below is guarded by mutex_.
  std::mutex mutex_;
  std::optional<Result<int64_t>> outcome_;
  std::function<void(Result<int64_t>)> done_;
};

// Whether all rows have to be there before they land.
bool IsStaged(const AppendOptions& options, const FoundTable& found, const ColumnList& columns) {
  if (options.landing == nullptr) return false;
  if (!options.landing->is_plain()) return true;
  switch (found.kind) {
    case FoundTable::Kind::kTable:
      return MayChangeColumns(found.columns, columns, options.landing->rule.on_schema_change);
    case FoundTable::Kind::kMissing:
      return !options.landing->rule.create_table;
    case FoundTable::Kind::kView:
      return false;
  }
  return false;
}

Status CheckWanted(const InsertTarget& target, const SessionAppendOptions& options) {
  const std::string name = "table '" + target.table.ToString() + "'";
  if (target.is_missing() && !options.if_missing) {
    return MakeError(ErrorKind::kNotFound, "there is no " + name);
  }
  if (!target.is_missing() && !options.if_there) {
    return MakeError(ErrorKind::kConflict, "the " + name + " is there already");
  }
  return Status::OK();
}

// Where DuckDB has those of a connection.
Result<TableName> TemporaryName(const TableName& table) {
  const TableName name = {.catalog = "temp", .schema = "main", .name = table.name};
  const bool is_elsewhere = (!table.catalog.empty() && !IsSameName(table.catalog, name.catalog)) ||
                            (!table.schema.empty() && !IsSameName(table.schema, name.schema));
  if (!is_elsewhere) return name;
  return MakeError(ErrorKind::kInvalidInput, "a temporary table has no place but temp.main; '" +
                                                 table.ToString() + "' names another one");
}

}  // namespace

Result<std::shared_ptr<Append>> BeginInsert(const std::shared_ptr<Core>& core,
                                            const TableName& table,
                                            const std::shared_ptr<arrow::Schema>& schema,
                                            const AppendOptions& options,
                                            const CallControl& control) {
  ARROW_ASSIGN_OR_RAISE(auto connection, core->Connect());
  const auto feed = std::make_shared<MorselFeed>(schema, core->options.put_bytes_max,
                                                 MorselFeed::Gather::kRowGroups);
  ARROW_ASSIGN_OR_RAISE(const ColumnList columns,
                        MapColumns(*feed->schema(), *connection->context));
  ExecutionOptions execution;
  auto insert = std::make_shared<Insert>(core, feed);
  ARROW_ASSIGN_OR_RAISE(const FoundTable found, FindTable(*connection, table));
  if (IsStaged(options, found, columns)) {
    ARROW_RETURN_NOT_OK(CheckLanding(*connection, table, columns, *options.landing));
    const RowsToLand rows = {.table = table, .columns = columns, .landing = options.landing};
    execution.afterwards = [core, rows, also = options.also,
                            control](duckdb::Connection& staged_by) {
      return LandStaged(*core, staged_by, rows, also ? also() : std::vector<TableRows>(), control);
    };
    ARROW_RETURN_NOT_OK(insert->Start(kStageSql, std::move(execution), control));
    return insert;
  }
  ARROW_ASSIGN_OR_RAISE(auto target, FindTarget(*core, *connection, table, control));
  ARROW_RETURN_NOT_OK(target.CheckTakes(columns));
  execution.held_until_over = std::move(target.claim);
  if (options.also) {
    execution.before_commit = [core, also = options.also](duckdb::Connection& landing) {
      return AppendWithin(*core, landing, also());
    };
  }
  ARROW_RETURN_NOT_OK(
      target.Explain(insert->Start(target.InsertSql(), std::move(execution), control)));
  return insert;
}

Result<std::shared_ptr<Append>> BeginInsert(const std::shared_ptr<Core>& core,
                                            std::shared_ptr<KeptConnection::Use> use,
                                            const TableName& table,
                                            const std::shared_ptr<arrow::Schema>& schema,
                                            const SessionAppendOptions& options,
                                            const CallControl& control) {
  const auto feed = std::make_shared<MorselFeed>(schema, core->options.put_bytes_max,
                                                 MorselFeed::Gather::kRowGroups);
  ARROW_ASSIGN_OR_RAISE(const ColumnList columns,
                        MapColumns(*feed->schema(), *use->connection().context));
  InsertTarget target{.table = table, .found = {}, .claim = nullptr};
  if (options.temporary) {
    ARROW_ASSIGN_OR_RAISE(target.table, TemporaryName(table));
  }
  ARROW_ASSIGN_OR_RAISE(target.found, FindTable(use->connection(), target.table));
  ARROW_RETURN_NOT_OK(CheckWanted(target, options));
  ExecutionOptions execution;
  std::string leading;
  if (options.replace && !target.is_missing()) {
    leading =
        Sql(target.found.kind == FoundTable::Kind::kView ? "DROP VIEW {}; " : "DROP TABLE {}; ",
            {target.table});
    target.found = {};
    // Both in one transaction: that which is open, or one of their own.
    if (!use->in_transaction()) {
      execution.before_commit = [](duckdb::Connection& /*landing*/) { return Status::OK(); };
    }
  }
  ARROW_RETURN_NOT_OK(target.CheckTakes(columns));
  execution.home = std::move(use);
  auto insert = std::make_shared<Insert>(core, feed);
  ARROW_RETURN_NOT_OK(target.Explain(
      insert->Start(leading + target.InsertSql(options.temporary), std::move(execution), control)));
  return insert;
}

Status CheckInsert(Core& core, const TableName& table, const std::shared_ptr<arrow::Schema>& schema,
                   const Landing* landing) {
  ARROW_ASSIGN_OR_RAISE(auto connection, core.Connect());
  ARROW_ASSIGN_OR_RAISE(const ColumnList columns,
                        MapColumns(*Scannable(schema).schema(), *connection->context));
  if (landing != nullptr) return CheckLanding(*connection, table, columns, *landing);
  ARROW_ASSIGN_OR_RAISE(auto found, FindTable(*connection, table));
  return InsertTarget{.table = table, .found = std::move(found), .claim = nullptr}.CheckTakes(
      columns);
}

}  // namespace arrowport::engine
