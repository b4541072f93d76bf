#include "http/ingest_pump.h"

#include <memory>
#include <utility>

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/bounded_queue.h"
#include "base/error.h"
#include "http/exchange.h"
#include "http/incoming_rows.h"
#include "http/socket.h"
#include "service/put.h"
#include "service/service.h"

namespace arrowport::http {
namespace {

/// One run of PumpIngest.
class Pump {
 public:
  Pump(Exchange& exchange, service::PutRequest request, IncomingRows& rows)
      : exchange_(exchange), request_(std::move(request)), rows_(rows) {}

  [[nodiscard]] const std::shared_ptr<service::Put>& put() const { return put_; }

  /// Reads the rows to their end and writes all of its batches.
  Awaitable<Status> Run() {
    const Status begun = co_await BeginPut();
    if (!begun.ok()) co_return begun;
    for (;;) {
      Result<std::shared_ptr<arrow::RecordBatch>> batch = co_await rows_.Next();
      if (!batch.ok()) co_return batch.status();
      if (*batch == nullptr) co_return Status::OK();
      const QueueState state = put_->Write(*std::move(batch), exchange_.Waker());
      if (state == QueueState::kClosed) co_return co_await WhyClosed();
      if (state == QueueState::kWait) {
        // Not reading is what holds the client back.
        const Status waited = co_await exchange_.Wait();
        if (!waited.ok()) co_return waited;
      }
    }
  }

  /// Commits, and waits until that is durable.
  Awaitable<Result<service::PutSummary>> Finish() {
    // Whoever leaves now is too late: the commit is under way, and says what became of it.
    exchange_.StopClock();
    const auto finish = [this](service::PutDone done) { put_->Finish(std::move(done)); };
    co_return co_await AwaitAnswer<Result<service::PutSummary>>(finish);
  }

 private:
  Awaitable<Status> BeginPut() {
    Result<std::shared_ptr<arrow::Schema>> schema = co_await rows_.ReadSchema();
    if (!schema.ok()) co_return schema.status();
    request_.schema = *std::move(schema);
    Result<std::shared_ptr<service::Put>> put =
        exchange_.service().BeginPut(exchange_.call(), request_);
    if (!put.ok()) co_return put.status();
    put_ = *std::move(put);
    co_return co_await Open();
  }

  Awaitable<Status> Open() {
    for (;;) {
      const QueueState state = put_->Open(rows_.bytes_expected(), exchange_.Waker());
      if (state == QueueState::kReady) co_return Status::OK();
      if (state == QueueState::kClosed) co_return co_await WhyClosed();
      const Status waited = co_await exchange_.Wait();
      if (!waited.ok()) co_return waited;
    }
  }

  // The put has failed by itself, and its end tells why.
  Awaitable<Status> WhyClosed() {
    const Result<service::PutSummary> summary = co_await Finish();
    put_ = nullptr;
    if (!summary.ok()) co_return summary.status();
    co_return MakeError(ErrorKind::kInternal, "the put ended before its stream");
  }

  Exchange& exchange_;
  service::PutRequest request_;
  IncomingRows& rows_;
  std::shared_ptr<service::Put> put_;
};

}  // namespace

Awaitable<Result<service::PutSummary>> PumpIngest(Exchange& exchange,
                                                  const service::PutRequest& request,
                                                  IncomingRows& rows) {
  Pump pump(exchange, request, rows);
  Status pumped = co_await pump.Run();
  if (pumped.ok()) pumped = exchange.abandoned();
  if (pumped.ok()) co_return co_await pump.Finish();
  if (pump.put() != nullptr) {
    const auto abort = [&pump, &pumped] {
      pump.put()->Abort(pumped);
      return Status::OK();
    };
    (void)co_await exchange.Blocking(abort);
  }
  co_return pumped;
}

}  // namespace arrowport::http
