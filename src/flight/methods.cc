#include "flight/methods.h"

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <arrow/buffer.h>
#include <arrow/flight/types.h>

#include "base/error.h"
#include "flight/context.h"
#include "flight/flight_call.h"
#include "flight/handlers.h"
#include "flight/health.h"
#include "net/socket.h"
#include "rpc/call.h"
#include "rpc/code.h"

namespace arrowport::flight {
namespace {

using net::Awaitable;

template <typename Message>
Result<Message> ReadFirst(const FlightCall& call) {
  if (call.first_message() == nullptr) {
    return MakeError(ErrorKind::kInvalidInput, "the call ended before it had a message");
  }
  auto message = Message::Deserialize(std::string_view(*call.first_message()));
  if (message.ok()) return message;
  return WithKind(ErrorKind::kInvalidInput, message.status());
}

template <typename Message>
Awaitable<Status> Write(FlightCall& call, const Message& message) {
  auto bytes = message.SerializeToBuffer();
  if (!bytes.ok()) co_return bytes.status();
  co_return co_await call.wire().Write(*std::move(bytes));
}

// A message in, and what `verb` makes of it out.
template <typename Message, auto verb>
Awaitable<Status> One(FlightCall& call) {
  const auto message = ReadFirst<Message>(call);
  if (!message.ok()) co_return message.status();
  const auto answer = co_await call.Blocking([&] { return verb(call, *message); });
  if (!answer.ok()) co_return answer.status();
  co_return co_await Write(call, **answer);
}

// The same with several answers.
template <typename Message, auto verb>
Awaitable<Status> Many(FlightCall& call) {
  const auto message = ReadFirst<Message>(call);
  if (!message.ok()) co_return message.status();
  const auto answers = co_await call.Blocking([&] { return verb(call, *message); });
  if (!answers.ok()) co_return answers.status();
  for (const auto& answer : *answers) {
    const Status written = co_await Write(call, answer);
    if (!written.ok()) co_return written;
  }
  co_return Status::OK();
}

Awaitable<Status> ListActions(FlightCall& call) {
  for (const auto& action : KnownActions()) {
    const Status written = co_await Write(call, action);
    if (!written.ok()) co_return written;
  }
  co_return Status::OK();
}

struct Method {
  std::string_view name;
  std::string_view verb;  ///< As the metrics call it.
  Awaitable<Status> (*handler)(FlightCall& call);
  bool begins_with_message = true;
  bool may_begin_session = false;
};

using arrow::flight::Action;
using arrow::flight::Criteria;
using arrow::flight::FlightDescriptor;

constexpr std::array kMethods = {
    Method{"DoGet", "do_get", DoGet},
    Method{"DoPut", "do_put", DoPut},
    Method{"DoExchange", "do_exchange", DoExchange},
    Method{"GetFlightInfo", "get_flight_info", One<FlightDescriptor, GetFlightInfo>, true, true},
    Method{"PollFlightInfo", "poll_flight_info", One<FlightDescriptor, PollFlightInfo>},
    Method{"GetSchema", "get_schema", One<FlightDescriptor, GetSchema>},
    Method{"ListFlights", "list_flights", Many<Criteria, ListFlights>},
    Method{"DoAction", "do_action", Many<Action, DoAction>, true, true},
    Method{"ListActions", "list_actions", ListActions},
    Method{"Handshake", "handshake", Handshake, false, true},
};

// Of a path like "/arrow.flight.protocol.FlightService/DoGet".
const Method* FindMethod(std::string_view path) {
  const bool is_flights = path.starts_with('/') && path.substr(1).starts_with(kFlightService);
  if (!is_flights) return nullptr;
  path.remove_prefix(1 + kFlightService.size());
  if (!path.starts_with('/')) return nullptr;
  const auto* const found = std::ranges::find(kMethods, path.substr(1), &Method::name);
  return found == kMethods.end() ? nullptr : found;
}

}  // namespace

Awaitable<void> ServeCall(Context& context, std::shared_ptr<rpc::Call> wire) {
  const std::string& path = wire->request().path;
  if (path == kHealthCheck) co_return co_await AnswerHealthCheck(*context.service, *wire);
  const Method* const method = FindMethod(path);
  if (method == nullptr) {
    co_await wire->DropTheRest();
    co_return wire->Finish(
        {.code = rpc::Code::kUnimplemented, .message = "there is no method " + path});
  }
  FlightCall call(context, method->verb, method->may_begin_session, std::move(wire));
  Status status = co_await call.Begin(method->begins_with_message);
  if (status.ok()) status = co_await method->handler(call);
  call.End(status);
}

}  // namespace arrowport::flight
