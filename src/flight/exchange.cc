#include "engine/exchange.h"

#include <exception>
#include <memory>
#include <utility>

#include <boost/asio/co_spawn.hpp>

#include "base/bounded_queue.h"
#include "base/error.h"
#include "engine/database.h"
#include "flight/batches_in.h"
#include "flight/flight_call.h"
#include "flight/handlers.h"
#include "flight/request.h"
#include "flight/rows_out.h"
#include "net/signal.h"
#include "net/socket.h"
#include "service/service.h"
#include "stream/batch_encoder.h"

namespace arrowport::flight {
namespace {

using net::Awaitable;

// Puts the SQL of the exchanger that is asked for into `request`. One word that names none may be a
// statement.
Status FindExchanger(const service::Call& call, service::Service& service,
                     ExchangeRequest& request) {
  if (request.exchanger.empty()) return Status::OK();
  auto found = service.FindExchanger(call, request.exchanger);
  if (found.ok()) {
    request.statement.sql = std::move(found->sql);
    return Status::OK();
  }
  const bool may_be_sql = !request.statement.sql.empty();
  if (!may_be_sql || KindOf(found.status()) != ErrorKind::kNotFound) return found.status();
  const Status read = service.TakesInput(call, request.statement, request.options).status();
  return WithContext("there is no exchanger '" + request.exchanger + "', and as SQL", read);
}

/// The statement that a descriptor asks for, and whether it reads what its client sends. Blocks.
struct Asked {
  static Result<Asked> Read(FlightCall& call, const arrow::flight::FlightDescriptor& descriptor) {
    Asked asked;
    ARROW_ASSIGN_OR_RAISE(asked.request, ReadExchange(descriptor));
    asked.call = call.ForService(asked.request.timeout);
    ARROW_RETURN_NOT_OK(FindExchanger(asked.call, call.service(), asked.request));
    ARROW_ASSIGN_OR_RAISE(
        asked.takes_input,
        call.service().TakesInput(asked.call, asked.request.statement, asked.request.options));
    return asked;
  }

  ExchangeRequest request;
  service::Call call;
  bool takes_input = false;
};

// Until the client has sent all. What the statement does not need any more is read and dropped.
Awaitable<Status> TakeInput(FlightCall& call, BatchesIn& batches, engine::Exchange& exchange) {
  bool needed = true;
  for (;;) {
    auto batch = co_await batches.Next();
    if (!batch.ok()) co_return batch.status();
    if (*batch == nullptr) break;
    if (!needed) continue;
    const QueueState state = exchange.Write(*std::move(batch), call.InputWaker());
    // There is no room as long as the client does not take rows.
    if (state == QueueState::kWait) {
      const Status waited = co_await call.WaitWithInput();
      if (!waited.ok()) co_return waited;
    }
    needed = state != QueueState::kClosed;
  }
  exchange.EndInput();
  co_return Status::OK();
}

// Takes input here, and sends rows in a second coroutine.
Awaitable<Status> RunBothWays(FlightCall& call, BatchesIn& batches,
                              const std::shared_ptr<engine::Exchange>& exchange,
                              stream::Compression compression) {
  Status sent;
  net::Signal all_sent(call.wire().executor());
  net::asio::co_spawn(call.wire().executor(), SendRows(call, exchange->rows(), compression),
                      [&](const std::exception_ptr& error, const Status& status) {
                        sent =
                            error ? MakeError(ErrorKind::kInternal, "the rows broke off") : status;
                        // Whoever cannot send has nothing to take input for.
                        if (!sent.ok()) exchange->Abort(sent);
                        all_sent.Set();
                      });
  const Status taken = co_await TakeInput(call, batches, *exchange);
  if (!taken.ok()) exchange->Abort(taken);
  co_await all_sent.Wait();
  co_return taken.ok() ? sent : taken;
}

}  // namespace

// A client may send everything before it reads: see service/spilling_exchange.h.
Awaitable<Status> DoExchange(FlightCall& call) {
  auto batches = BatchesIn::Open(call);
  if (!batches.ok()) co_return batches.status();
  const auto compression = CompressionOf(call.request());
  if (!compression.ok()) co_return compression.status();
  const auto asked =
      co_await call.Blocking([&] { return Asked::Read(call, batches->descriptor()); });
  if (!asked.ok()) co_return asked.status();
  const ExchangeRequest& request = asked->request;
  if (!asked->takes_input) {
    auto rows = co_await call.Blocking([&] {
      return call.service().Query(asked->call, request.statement,
                                  engine::QueryOptions{.ordered = request.options.ordered});
    });
    if (!rows.ok()) co_return rows.status();
    co_return co_await SendRows(call, *std::move(rows), *compression);
  }
  const auto schema = co_await batches->ReadSchema();
  if (!schema.ok()) co_return schema.status();
  const auto exchange = co_await call.Blocking([&] {
    return call.service().BeginExchange(asked->call, request.statement, *schema, request.options);
  });
  if (!exchange.ok()) co_return exchange.status();
  co_return co_await RunBothWays(call, *batches, *exchange, *compression);
}

}  // namespace arrowport::flight
