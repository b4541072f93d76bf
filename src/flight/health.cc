#include "flight/health.h"

#include <string>
#include <string_view>

#include "base/error.h"
#include "flight/flight_data.h"
#include "flight/flight_wire.pb.h"
#include "flight/methods.h"
#include "flight/outcome.h"
#include "net/socket.h"
#include "rpc/call.h"
#include "rpc/code.h"
#include "service/service.h"

namespace arrowport::flight {

net::Awaitable<void> AnswerHealthCheck(const service::Service& service, rpc::Call& call) {
  const auto message = co_await call.Read();
  if (!message.ok()) co_return call.Finish(OutcomeOf(message.status()));
  const auto check = ReadWire<wire::HealthCheckRequest>(
      *message == nullptr ? std::string_view() : std::string_view(**message));
  if (!check.ok()) co_return call.Finish(OutcomeOf(check.status()));
  const std::string& name = check->service();
  if (!name.empty() && name != kFlightService) {
    co_return call.Finish({.code = rpc::Code::kNotFound, .message = "there is no service " + name});
  }
  wire::HealthCheckResponse answer;
  answer.set_status(service.CheckReady().ok() ? wire::HealthCheckResponse::SERVING
                                              : wire::HealthCheckResponse::NOT_SERVING);
  call.Send(WriteWire(answer));
  call.Finish({});
}

}  // namespace arrowport::flight
