#include "http/ingest_pump.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "base/bounded_queue.h"
#include "base/error.h"
#include "http/exchange.h"
#include "http/signal.h"
#include "http/socket.h"
#include "service/service.h"
#include "stream/ipc_decoder.h"

namespace arrowport::http {
namespace {

/// One run of PumpIngest.
class Pump {
 public:
  Pump(Exchange& exchange, std::string stream)
      : exchange_(exchange),
        stream_(std::move(stream)),
        decoder_({.message_bytes_max = exchange.options().ipc_message_bytes_max}) {}

  [[nodiscard]] const std::shared_ptr<service::Put>& put() const { return put_; }

  /// Reads the body to its end and writes all of its batches.
  Awaitable<Status> Run() {
    for (;;) {
      const Result<std::span<uint8_t>> space = decoder_.Prepare();
      if (!space.ok()) co_return space.status();
      if (space->empty()) break;
      const Result<size_t> bytes = co_await exchange_.body().ReadSome(*space);
      if (!bytes.ok()) co_return bytes.status();
      if (*bytes == 0) break;
      const Status committed = decoder_.Commit(*bytes);
      if (!committed.ok()) co_return committed;
      const Status written = co_await WriteDecoded();
      if (!written.ok()) co_return written;
    }
    const Status complete = decoder_.Finish();
    if (!complete.ok()) co_return complete;
    co_return co_await ExpectEnd();
  }

  /// Commits, and waits until that is durable.
  Awaitable<Result<service::PutSummary>> Finish() {
    Result<service::PutSummary> summary = service::PutSummary{};
    const Executor executor = co_await asio::this_coro::executor;
    Signal done(executor);
    // Whoever leaves now is too late: the commit is under way, and says what became of it.
    exchange_.StopClock();
    put_->Finish([&summary, wake = done.Waker()](Result<service::PutSummary> answer) {
      summary = std::move(answer);
      wake();
    });
    co_await done.Wait();
    co_return summary;
  }

 private:
  Awaitable<Status> WriteDecoded() {
    if (put_ == nullptr && decoder_.schema() != nullptr) {
      const Status begun = co_await BeginPut();
      if (!begun.ok()) co_return begun;
    }
    while (std::shared_ptr<arrow::RecordBatch> batch = decoder_.TakeBatch()) {
      const QueueState state = put_->Write(std::move(batch), exchange_.Waker());
      if (state == QueueState::kClosed) co_return co_await WhyClosed();
      if (state == QueueState::kWait) {
        // Not reading is what holds the client back.
        const Status waited = co_await exchange_.Wait();
        if (!waited.ok()) co_return waited;
      }
    }
    co_return Status::OK();
  }

  Awaitable<Status> BeginPut() {
    const service::PutRequest request{.stream = stream_, .schema = decoder_.schema()};
    const auto begin = [this, &request] {
      return exchange_.service().BeginPut(exchange_.call(), request);
    };
    Result<std::shared_ptr<service::Put>> put = co_await exchange_.BlockingPut(begin);
    if (!put.ok()) co_return put.status();
    put_ = *std::move(put);
    co_return Status::OK();
  }

  // Bytes behind the stream would be a second stream, whose rows must not vanish silently.
  Awaitable<Status> ExpectEnd() {
    std::array<uint8_t, 1> byte{};
    const Result<size_t> bytes = co_await exchange_.body().ReadSome(byte);
    if (!bytes.ok()) co_return bytes.status();
    if (*bytes == 0) co_return Status::OK();
    co_return MakeError(ErrorKind::kInvalidInput,
                        "the body goes on behind the Arrow stream's end, at byte " +
                            std::to_string(decoder_.bytes_read()) + "; send one stream a request");
  }

  // The put has failed by itself, and its end tells why.
  Awaitable<Status> WhyClosed() {
    const Result<service::PutSummary> summary = co_await Finish();
    put_ = nullptr;
    if (!summary.ok()) co_return summary.status();
    co_return MakeError(ErrorKind::kInternal, "the put ended before its stream");
  }

  Exchange& exchange_;
  const std::string stream_;
  stream::IpcDecoder decoder_;
  std::shared_ptr<service::Put> put_;
};

}  // namespace

Awaitable<Result<service::PutSummary>> PumpIngest(Exchange& exchange, std::string stream) {
  Pump pump(exchange, std::move(stream));
  Status pumped = co_await pump.Run();
  if (pumped.ok()) pumped = exchange.abandoned();
  if (pumped.ok()) co_return co_await pump.Finish();
  if (pump.put() != nullptr) {
    const auto abort = [&pump, &pumped] {
      pump.put()->Abort(pumped);
      return Status::OK();
    };
    co_await exchange.Blocking(abort);
  }
  co_return pumped;
}

}  // namespace arrowport::http
