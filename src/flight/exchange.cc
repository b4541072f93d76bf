#include "flight/exchange.h"

#include <memory>
#include <thread>
#include <utility>

#include "base/bounded_queue.h"
#include "base/error.h"
#include "base/event.h"
#include "engine/database.h"
#include "engine/exchange.h"
#include "engine/result_stream.h"
#include "flight/batch_receiver.h"
#include "flight/request.h"
#include "flight/running_calls.h"
#include "observe/metrics.h"
#include "service/service.h"

namespace arrowport::flight {
namespace {

using arrow::flight::FlightMessageReader;
using arrow::flight::FlightMessageWriter;

// Flight only says that it could not write.
Status ExplainUnsent(const RunningCall& call, const Status& status) {
  if (status.ok()) return status;
  const Status lost = call.SendFailure(kGoneInAResult);
  return lost.ok() ? status : lost;
}

Status SendRows(const RunningCall& call, engine::ResultStream& rows, const ExchangeStreams& streams,
                observe::Metrics& metrics) {
  FlightMessageWriter& writer = streams.writer;
  ARROW_RETURN_NOT_OK(ExplainUnsent(call, writer.Begin(rows.schema(), streams.written_as)));
  for (;;) {
    ARROW_ASSIGN_OR_RAISE(const auto batch, rows.Next());
    if (batch == nullptr) return Status::OK();
    ARROW_RETURN_NOT_OK(ExplainUnsent(call, writer.WriteRecordBatch(*batch)));
    metrics.RowsSent(batch->num_rows());
  }
}

// There is none as long as the client does not take rows.
void WaitForRoom(RunningCall& call, Event& room) {
  call.BeginWaitingForClient();
  room.Wait();
  call.EndWaitingForClient();
}

// Until the client has sent all. What the statement does not need any more is read and dropped.
Status TakeInput(RunningCall& call, BatchReceiver& batches, engine::Exchange& exchange) {
  bool needed = true;
  for (;;) {
    ARROW_ASSIGN_OR_RAISE(auto batch, batches.Next());
    if (batch == nullptr) break;
    if (!needed) continue;
    const auto room = std::make_shared<Event>();
    const QueueState state = exchange.Write(std::move(batch), [room] { room->Set(); });
    if (state == QueueState::kWait) WaitForRoom(call, *room);
    needed = state != QueueState::kClosed;
  }
  exchange.EndInput();
  return Status::OK();
}

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

// A statement that reads no input.
Status Answer(RunningCall& call, service::Service& service, const ExchangeRequest& request,
              const ExchangeStreams& streams, observe::Metrics& metrics) {
  const engine::QueryOptions options{.ordered = request.options.ordered};
  ARROW_ASSIGN_OR_RAISE(
      const auto rows, service.Query(call.ForService(request.timeout), request.statement, options));
  return SendRows(call, *rows, streams, metrics);
}

// Reads here, and writes in a thread.
Status RunBothWays(RunningCall& call, BatchReceiver& batches, engine::Exchange& exchange,
                   const ExchangeStreams& streams, observe::Metrics& metrics) {
  Status sent;
  std::jthread sender([&] {
    sent = SendRows(call, *exchange.rows(), streams, metrics);
    // Whoever cannot send has nothing to take input for.
    if (!sent.ok()) exchange.Abort(sent);
  });
  const Status taken = TakeInput(call, batches, exchange);
  if (!taken.ok()) exchange.Abort(taken);
  sender.join();
  return taken.ok() ? sent : taken;
}

}  // namespace

Status RunExchange(RunningCall& call, service::Service& service, observe::Metrics& metrics,
                   const ExchangeStreams& streams) {
  FlightMessageReader& reader = streams.reader;
  ARROW_ASSIGN_OR_RAISE(ExchangeRequest request, ReadExchange(reader.descriptor()));
  const service::Call service_call = call.ForService(request.timeout);
  ARROW_RETURN_NOT_OK(FindExchanger(service_call, service, request));
  ARROW_ASSIGN_OR_RAISE(const bool takes_input,
                        service.TakesInput(service_call, request.statement, request.options));
  if (!takes_input) return Answer(call, service, request, streams, metrics);
  ARROW_ASSIGN_OR_RAISE(const auto schema, ReceiveSchema(call, reader));
  ARROW_ASSIGN_OR_RAISE(const auto exchange, service.BeginExchange(service_call, request.statement,
                                                                   schema, request.options));
  BatchReceiver batches(call, reader, streams.message_bytes_max);
  return RunBothWays(call, batches, *exchange, streams, metrics);
}

}  // namespace arrowport::flight
