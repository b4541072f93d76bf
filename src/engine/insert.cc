#include "engine/insert.h"

#include <algorithm>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <arrow/array.h>

#include "base/batch_bytes.h"
#include "base/limits.h"
#include "engine/batch_source.h"
#include "engine/catalog.h"
#include "engine/execution.h"
#include "engine/sql.h"

namespace arrowport::engine {
namespace {

class Insert final : public Append, public std::enable_shared_from_this<Insert> {
 public:
  Insert(std::shared_ptr<Core> core, duckdb::shared_ptr<BatchSource> source)
      : core_(std::move(core)), source_(std::move(source)) {
    ++core_->running_appends;
  }

  ~Insert() override {
    Abort(MakeError(ErrorKind::kCancelled, "the put was given up before its end"));
    --core_->running_appends;
  }

  Insert(const Insert&) = delete;
  Insert& operator=(const Insert&) = delete;

  // `claim` may be null.
  Status Start(const std::string& sql, std::shared_ptr<TableClaims::Claim> claim,
               const CallControl& control) {
    const ExecutionOptions options{.ordered = true,
                                   .prepare_context =
                                       [source = source_](duckdb::ClientContext& context) {
                                         BatchSource::Attach(context, source);
                                       },
                                   .held_until_over = std::move(claim)};
    ARROW_ASSIGN_OR_RAISE(execution_, Execution::Start(core_, {sql, {}}, options, control));
    Follow();
    return Status::OK();
  }

  QueueState Write(std::shared_ptr<arrow::RecordBatch> batch, std::function<void()> wake) override {
    for (int64_t offset = 0; offset < batch->num_rows();) {
      const int64_t rows = std::min(batch->num_rows() - offset, limits::kMorselRows - rows_);
      auto part = rows == batch->num_rows() ? batch : batch->Slice(offset, rows);
      offset += rows;
      rows_ += rows;
      bytes_ += BytesOf(*part);
      morsel_.push_back(std::move(part));
      if (rows_ >= limits::kMorselRows || bytes_ >= limits::kMorselBytes) SealMorsel();
    }
    return Drain(wake);
  }

  void Finish(std::function<void(Result<int64_t>)> done) override {
    if (!morsel_.empty()) SealMorsel();
    {
      std::lock_guard lock(mutex_);
      done_ = std::move(done);
    }
    DrainThenClose();
    ReportIfOver();
  }

  void Abort(const Status& reason) override {
    // In this order: a worker that finds the source closed would end the query for its own reason.
    if (execution_ != nullptr) execution_->Cancel(reason);
    source_->morsels().Close(reason);
  }

 private:
  void SealMorsel() {
    sealed_.push_back({std::move(morsel_), bytes_});
    morsel_ = {};
    rows_ = 0;
    bytes_ = 0;
  }

  // Hands sealed morsels over while there is room. A large batch seals several at once.
  QueueState Drain(const std::function<void()>& wake) {
    while (!sealed_.empty()) {
      Sealed& next = sealed_.front();
      const QueueState state = source_->morsels().Push(next.morsel, next.bytes, wake);
      if (state != QueueState::kReady) return state;
      sealed_.pop_front();
    }
    return QueueState::kReady;
  }

  void DrainThenClose() {
    const QueueState state = Drain([self = shared_from_this()] { self->DrainThenClose(); });
    if (state == QueueState::kReady) source_->morsels().Close(Status::OK());
  }

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
    source_->morsels().Close(status.ok() ? MakeError(ErrorKind::kInternal, "the insert ended early")
                                         : status);
    {
      std::lock_guard lock(mutex_);
      outcome_ = status.ok() ? Result<int64_t>(rows_written_) : Result<int64_t>(status);
    }
    ReportIfOver();
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

  struct Sealed {
    Morsel morsel;
    int64_t bytes;
  };

  // Constant after Start.
  const std::shared_ptr<Core> core_;
  const duckdb::shared_ptr<BatchSource> source_;
  std::shared_ptr<Execution> execution_;

  // Of the one writer at a time.
  Morsel morsel_;
  int64_t rows_ = 0;
  int64_t bytes_ = 0;
  std::deque<Sealed> sealed_;

  // Of Follow, which runs once at a time.
  int64_t rows_written_ = 0;

  // Everything below is guarded by mutex_.
  std::mutex mutex_;
  std::optional<Result<int64_t>> outcome_;
  std::function<void(Result<int64_t>)> done_;
};

// An error about names and types is about a table that the batches do not fit.
Status ExplainMisfit(const TableName& table, const Status& status) {
  if (status.ok()) return status;
  const std::string context = "table '" + table.ToString() + "'";
  if (KindOf(status) == ErrorKind::kInvalidInput &&
      status.message().find("Binder Error") != std::string::npos) {
    return WithContext(context, WithKind(ErrorKind::kConflict, status));
  }
  return WithContext(context, status);
}

}  // namespace

Result<std::shared_ptr<Append>> BeginInsert(const std::shared_ptr<Core>& core,
                                            const TableName& table,
                                            const std::shared_ptr<arrow::Schema>& schema,
                                            const AppendOptions& options,
                                            const CallControl& control) {
  ARROW_ASSIGN_OR_RAISE(auto connection, core->Connect());
  ARROW_RETURN_NOT_OK(CheckTypes(*schema, *connection->context));
  std::shared_ptr<TableClaims::Claim> claim;
  ARROW_ASSIGN_OR_RAISE(TableKind kind, FindTable(*connection, table));
  bool exists = kind != TableKind::kMissing;
  if (!exists && !options.create_if_missing) {
    return MakeError(ErrorKind::kNotFound, "table '" + table.ToString() + "' does not exist");
  }
  if (!exists) {
    ARROW_ASSIGN_OR_RAISE(
        claim, core->table_claims.Take(duckdb::StringUtil::Lower(table.ToString()), control));
    ARROW_ASSIGN_OR_RAISE(kind, FindTable(*connection, table));
    exists = kind != TableKind::kMissing;
    if (exists) claim.reset();
  }
  const std::string sql =
      exists ? Sql("INSERT INTO {} BY NAME SELECT * FROM arrowport_batches()", {table})
             : Sql("CREATE TABLE {} AS SELECT * FROM arrowport_batches()", {table});
  auto source = duckdb::make_shared_ptr<BatchSource>(schema, core->options.put_bytes_max);
  auto insert = std::make_shared<Insert>(core, std::move(source));
  ARROW_RETURN_NOT_OK(ExplainMisfit(table, insert->Start(sql, std::move(claim), control)));
  return insert;
}

}  // namespace arrowport::engine
