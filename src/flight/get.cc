#include <memory>
#include <string_view>
#include <utility>

#include <arrow/flight/types.h>

#include "base/error.h"
#include "engine/result_stream.h"
#include "flight/flight_call.h"
#include "flight/handlers.h"
#include "flight/request.h"
#include "flight/rows_out.h"
#include "flight/sql_catalog.h"
#include "flight/sql_messages.h"
#include "net/socket.h"
#include "service/service.h"
#include "stream/batch_encoder.h"

namespace arrowport::flight {
namespace {

// The rows that a ticket is for. Blocks while the statement is planned.
Result<std::shared_ptr<engine::ResultStream>> OpenRows(FlightCall& call, std::string_view bytes) {
  ARROW_ASSIGN_OR_RAISE(const auto parsed, arrow::flight::Ticket::Deserialize(bytes));
  const std::string_view ticket = parsed.ticket;
  service::Service& service = call.service();
  if (service::Service::IsTicket(ticket)) return service.OpenTicket(call.ForService(), ticket);
  const auto command = Unpack(ticket);
  if (command) return ReadCatalog(service, call.ForSql(), *command);
  ARROW_ASSIGN_OR_RAISE(const ReadRequest request, ReadTicket(ticket));
  if (request.retain) {
    return MakeError(ErrorKind::kInvalidInput,
                     "\"retain\" is for GetFlightInfo, whose tickets can then be used again");
  }
  const service::Call service_call = call.ForService(request.timeout);
  if (!request.table.empty()) return service.ReadTable(service_call, request.table);
  return service.Query(service_call, request.statement, request.options);
}

}  // namespace

net::Awaitable<Status> DoGet(FlightCall& call) {
  if (call.first_message() == nullptr) {
    co_return MakeError(ErrorKind::kInvalidInput, "the call ended before it had a message");
  }
  const auto compression = CompressionOf(call.request());
  if (!compression.ok()) co_return compression.status();
  auto rows = co_await call.Blocking(
      [&call] { return OpenRows(call, std::string_view(*call.first_message())); });
  if (!rows.ok()) co_return rows.status();
  co_return co_await SendRows(call, *std::move(rows), *compression);
}

}  // namespace arrowport::flight
