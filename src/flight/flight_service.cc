#include "flight/flight_service.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <arrow/buffer.h>
#include <arrow/device.h>
#include <arrow/flight/server.h>
#include <arrow/flight/types.h>

#include "base/error.h"
#include "flight/call_context.h"
#include "flight/data_stream.h"
#include "flight/handshake.h"
#include "flight/outcome.h"
#include "flight/running_calls.h"
#include "rpc/call.h"
#include "rpc/code.h"

namespace arrowport::flight {
namespace {

using arrow::flight::FlightMethod;
using arrow::flight::FlightServerBase;

struct NamedMethod {
  std::string_view name;
  FlightMethod method;
};

constexpr std::array<NamedMethod, 10> kMethods{{
    {"Handshake", FlightMethod::Handshake},
    {"ListFlights", FlightMethod::ListFlights},
    {"GetFlightInfo", FlightMethod::GetFlightInfo},
    {"PollFlightInfo", FlightMethod::PollFlightInfo},
    {"GetSchema", FlightMethod::GetSchema},
    {"DoGet", FlightMethod::DoGet},
    {"DoPut", FlightMethod::DoPut},
    {"DoExchange", FlightMethod::DoExchange},
    {"DoAction", FlightMethod::DoAction},
    {"ListActions", FlightMethod::ListActions},
}};

// Of a path like "/arrow.flight.protocol.FlightService/DoGet".
FlightMethod MethodOf(std::string_view path) {
  const size_t end = path.rfind('/');
  if (end == std::string_view::npos || end == 0) return FlightMethod::Invalid;
  if (path.substr(1, end - 1) != FlightService::kName) return FlightMethod::Invalid;
  const auto* const found = std::ranges::find(kMethods, path.substr(end + 1), &NamedMethod::name);
  return found == kMethods.end() ? FlightMethod::Invalid : found->method;
}

// The one message of a call that has one.
template <typename Message>
Result<Message> ReadMessage(const CallContext& context) {
  ARROW_ASSIGN_OR_RAISE(const auto bytes, context.wire().Read());
  if (bytes == nullptr) {
    return MakeError(ErrorKind::kInvalidInput, "the call ended before it had a message");
  }
  auto message = Message::Deserialize(std::string_view(*bytes));
  if (message.ok()) return message;
  return WithKind(ErrorKind::kInvalidInput, message.status());
}

template <typename Message>
Status Write(const CallContext& context, const Message& message) {
  ARROW_ASSIGN_OR_RAISE(auto buffer, message.SerializeToBuffer());
  return context.wire().Write({std::move(buffer)}) ? Status::OK() : context.wire().failure();
}

// Handlers of Flight's that take a message and give a value, or an iterator of them.
template <typename Request, typename Answer>
using Method = Status (FlightServerBase::*)(const arrow::flight::ServerCallContext& context,
                                            const Request& request,
                                            std::unique_ptr<Answer>* answer);

template <typename Request, typename Answer>
Result<std::unique_ptr<Answer>> Ask(FlightServerBase& handlers, const CallContext& context,
                                    Method<Request, Answer> method) {
  ARROW_ASSIGN_OR_RAISE(const auto request, ReadMessage<Request>(context));
  std::unique_ptr<Answer> answer;
  ARROW_RETURN_NOT_OK((handlers.*method)(context, request, &answer));
  return answer;
}

template <typename Request, typename Answer>
Status AnswerOnce(FlightServerBase& handlers, const CallContext& context,
                  Method<Request, Answer> method) {
  ARROW_ASSIGN_OR_RAISE(const auto answer, Ask(handlers, context, method));
  return Write(context, *answer);
}

// The values of an iterator of Flight's.
template <typename Iterator>
Status WriteAll(const CallContext& context, Iterator& values) {
  for (;;) {
    ARROW_ASSIGN_OR_RAISE(const auto value, values.Next());
    if (value == nullptr) return Status::OK();
    ARROW_RETURN_NOT_OK(Write(context, *value));
  }
}

}  // namespace

Status FlightService::Batches::Init(const arrow::flight::FlightServerOptions& /*options*/,
                                    const arrow::util::Uri& /*uri*/) {
  return MakeError(ErrorKind::kNotImplemented, "rpc::Server serves");
}

FlightService::FlightService(arrow::flight::FlightServerBase& handlers,
                             std::shared_ptr<RunningCalls> calls)
    : handlers_(handlers),
      calls_(std::move(calls)),
      batches_(&handlers, arrow::default_cpu_memory_manager()) {}

void FlightService::Run(rpc::Call& wire) {
  const std::string& path = wire.request().path;
  const FlightMethod method = MethodOf(path);
  if (method == FlightMethod::Invalid) {
    return wire.Finish(
        {.code = rpc::Code::kUnimplemented, .message = "there is no method " + path});
  }
  CallContext context(wire);
  Status status;
  {
    auto call = calls_->Begin(method, context);
    status = call.ok() ? (*call)->End(Answer(method, context)) : call.status();
  }
  rpc::Outcome outcome = OutcomeOf(status);
  std::ranges::copy(context.trailers(), std::back_inserter(outcome.trailers));
  wire.Finish(outcome);
}

Status FlightService::Answer(FlightMethod method, CallContext& context) {
  switch (method) {
    case FlightMethod::Handshake:
      return AnswerHandshake(context);
    case FlightMethod::ListFlights:
      return AnswerListFlights(context);
    case FlightMethod::GetFlightInfo:
      return AnswerOnce(handlers_, context, &FlightServerBase::GetFlightInfo);
    case FlightMethod::PollFlightInfo:
      return AnswerOnce(handlers_, context, &FlightServerBase::PollFlightInfo);
    case FlightMethod::GetSchema:
      return AnswerOnce(handlers_, context, &FlightServerBase::GetSchema);
    case FlightMethod::DoGet:
      return AnswerDoGet(context);
    case FlightMethod::DoAction:
      return AnswerDoAction(context);
    case FlightMethod::ListActions:
      return AnswerListActions(context);
    case FlightMethod::DoPut: {
      DataStream stream(context);
      return batches_.DoPut(context, &stream);
    }
    case FlightMethod::DoExchange: {
      DataStream stream(context);
      return batches_.DoExchange(context, &stream);
    }
    case FlightMethod::Invalid:
      break;
  }
  return MakeError(ErrorKind::kNotImplemented, "there is no such method");
}

Status FlightService::AnswerListFlights(CallContext& context) {
  ARROW_ASSIGN_OR_RAISE(const auto criteria, ReadMessage<arrow::flight::Criteria>(context));
  std::unique_ptr<arrow::flight::FlightListing> listing;
  ARROW_RETURN_NOT_OK(handlers_.ListFlights(context, &criteria, &listing));
  return WriteAll(context, *listing);
}

Status FlightService::AnswerDoGet(CallContext& context) {
  ARROW_ASSIGN_OR_RAISE(const auto ticket, ReadMessage<arrow::flight::Ticket>(context));
  // The rows of a short result go out with their schema and their end; see result_sender.h.
  DataStream stream(context, /*keeps_little=*/true);
  return batches_.DoGet(context, ticket, &stream);
}

Status FlightService::AnswerDoAction(CallContext& context) {
  ARROW_ASSIGN_OR_RAISE(const auto results, Ask(handlers_, context, &FlightServerBase::DoAction));
  return WriteAll(context, *results);
}

Status FlightService::AnswerListActions(CallContext& context) {
  std::vector<arrow::flight::ActionType> actions;
  ARROW_RETURN_NOT_OK(handlers_.ListActions(context, &actions));
  for (const auto& action : actions) ARROW_RETURN_NOT_OK(Write(context, action));
  return Status::OK();
}

}  // namespace arrowport::flight
