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
#include "engine/morsel_feed.h"
#include "engine/scannable.h"
#include "engine/table.h"
#include "engine/table_claims.h"
#include "engine/table_rows.h"

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

  // `claim` and `also` may be null.
  Status Start(const std::string& sql, std::shared_ptr<TableClaims::Claim> claim,
               const std::function<std::vector<TableRows>()>& also, const CallControl& control) {
    ExecutionOptions options;
    options.prepare_context = [source = feed_->source()](duckdb::ClientContext& context) {
      BatchSource::Attach(context, source);
    };
    options.held_until_over = std::move(claim);
    if (also) {
      options.before_commit = [core = core_, also](duckdb::Connection& connection) {
        return AppendWithin(*core, connection, also());
      };
    }
    ARROW_ASSIGN_OR_RAISE(execution_, Execution::Start(core_, {sql, {}}, options, control));
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
  ARROW_ASSIGN_OR_RAISE(auto target, FindTarget(*core, *connection, table, options, control));
  ARROW_RETURN_NOT_OK(target.CheckTakes(columns));
  auto insert = std::make_shared<Insert>(core, feed);
  ARROW_RETURN_NOT_OK(target.Explain(
      insert->Start(target.InsertSql(), std::move(target.claim), options.also, control)));
  return insert;
}

Status CheckInsert(Core& core, const TableName& table,
                   const std::shared_ptr<arrow::Schema>& schema) {
  ARROW_ASSIGN_OR_RAISE(auto connection, core.Connect());
  ARROW_ASSIGN_OR_RAISE(const ColumnList columns,
                        MapColumns(*Scannable(schema).schema(), *connection->context));
  ARROW_ASSIGN_OR_RAISE(auto found, FindTable(*connection, table));
  return InsertTarget{.table = table, .found = std::move(found), .claim = nullptr}.CheckTakes(
      columns);
}

}  // namespace arrowport::engine
