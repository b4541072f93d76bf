#include "http/two_way_pump.h"

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>

#include "base/bounded_queue.h"
#include "base/error.h"
#include "engine/exchange.h"
#include "http/arrow_body.h"
#include "http/exchange.h"
#include "http/result_pump.h"
#include "http/socket.h"
#include "service/service.h"

namespace arrowport::http {
namespace {

// Of a body that nobody needs any more, read at once.
constexpr size_t kDropBytes = size_t{64} * 1024;

Status StatusOf(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& exception) {
    return MakeError(ErrorKind::kInternal, exception.what());
  }
}

// Neither coroutine may leave the frame that both use by an exception.
Awaitable<Status> Caught(Awaitable<Status> work) {
  std::exception_ptr error;
  try {
    co_return co_await std::move(work);
  } catch (...) {
    error = std::current_exception();
  }
  co_return StatusOf(error);
}

/// One run of PumpBothWays.
class Pump {
 public:
  Pump(Exchange& exchange, const TwoWayRequest& request)
      : exchange_(exchange), request_(request), body_(exchange) {}

  Awaitable<Status> Run() {
    const Status begun = co_await Begin();
    if (!begun.ok()) co_return begun;
    exchange_.AnswerWhileReading();
    const Executor executor = co_await asio::this_coro::executor;
    Signal body_over(executor);
    asio::co_spawn(executor, Caught(ReadBody()),
                   [&body_over](const std::exception_ptr&, const Status&) { body_over.Set(); });
    const Status answered =
        co_await Caught(PumpResult(exchange_, statement_->rows(), request_.form));
    answer_over_ = true;
    if (!answered.ok()) exchange_.Abandon(answered);
    co_await body_over.Wait();
    // An answer that is whole stays so, however the rest of the body ends.
    co_return answered;
  }

 private:
  Awaitable<Status> Begin() {
    const Status checked = co_await exchange_.Blocking([this] { return CheckTakesInput(); });
    if (!checked.ok()) co_return checked;
    const Result<std::shared_ptr<arrow::Schema>> schema = co_await body_.ReadSchema();
    if (!schema.ok()) co_return schema.status();
    const auto begin = [this, &schema] {
      return exchange_.service().BeginExchange(exchange_.call(), request_.statement, *schema,
                                               request_.options);
    };
    Result<std::shared_ptr<engine::Exchange>> statement = co_await exchange_.Blocking(begin);
    if (!statement.ok()) co_return statement.status();
    statement_ = *std::move(statement);
    co_return Status::OK();
  }

  Status CheckTakesInput() {
    const std::string& input = request_.options.input_name;
    ARROW_ASSIGN_OR_RAISE(
        const bool takes_input,
        exchange_.service().TakesInput(exchange_.call(), request_.statement, request_.options));
    if (takes_input) return Status::OK();
    return MakeError(ErrorKind::kInvalidInput,
                     "the statement reads no table that it calls " + input +
                         ", which is what the body holds; send it as POST /query, or write FROM " +
                         input);
  }

  // Ends well, or with the call abandoned.
  Awaitable<Status> ReadBody() {
    const Status read = co_await Caught(ReadBatches());
    if (answer_over_) co_return read;
    if (read.ok()) {
      exchange_.WatchClient();
    } else {
      statement_->Abort(read);
      exchange_.Abandon(read);
    }
    co_return read;
  }

  Awaitable<Status> ReadBatches() {
    for (;;) {
      if (answer_over_) co_return co_await DropRest();
      Result<std::shared_ptr<arrow::RecordBatch>> batch = co_await body_.Next();
      if (!batch.ok()) co_return batch.status();
      if (*batch == nullptr) break;
      const QueueState state = statement_->Write(*std::move(batch), exchange_.BodyWaker());
      if (state == QueueState::kClosed) co_return co_await DropRest();
      if (state == QueueState::kWait) {
        // Not reading is what holds the client back.
        const Status waited = co_await exchange_.WaitWithBody();
        if (!waited.ok()) co_return waited;
      }
    }
    statement_->EndInput();
    co_return Status::OK();
  }

  // What the statement does not need. If it has failed, its rows tell.
  Awaitable<Status> DropRest() {
    std::vector<uint8_t> ignored(kDropBytes);
    for (;;) {
      const Result<size_t> bytes = co_await exchange_.body().ReadSome(ignored);
      if (!bytes.ok()) co_return bytes.status();
      if (*bytes == 0) co_return Status::OK();
    }
  }

  Exchange& exchange_;
  const TwoWayRequest& request_;
  ArrowBody body_;
  std::shared_ptr<engine::Exchange> statement_;
  bool answer_over_ = false;
};

}  // namespace

Awaitable<Status> PumpBothWays(Exchange& exchange, const TwoWayRequest& request) {
  Pump pump(exchange, request);
  co_return co_await pump.Run();
}

}  // namespace arrowport::http
