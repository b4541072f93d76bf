#include "flight/health.h"

#include <string>
#include <string_view>

#include "base/error.h"
#include "flight/flight_messages.h"
#include "flight/flight_service.h"
#include "flight/flight_status.h"
#include "flight/flight_wire.pb.h"
#include "flight/outcome.h"
#include "rpc/call.h"
#include "rpc/code.h"
#include "service/service.h"

namespace arrowport::flight {
namespace {

Result<wire::HealthCheckRequest> ReadCheck(rpc::Call& call) {
  ARROW_ASSIGN_OR_RAISE(const auto bytes, call.Read());
  if (bytes == nullptr) return wire::HealthCheckRequest();
  return ReadWire<wire::HealthCheckRequest>(std::string_view(*bytes));
}

}  // namespace

void AnswerHealthCheck(const service::Service& service, rpc::Call& call) {
  const auto check = ReadCheck(call);
  if (!check.ok()) return call.Finish(OutcomeOf(ToFlightStatus(check.status())));
  const std::string& name = check->service();
  if (!name.empty() && name != FlightService::kName) {
    return call.Finish({.code = rpc::Code::kNotFound, .message = "there is no service " + name});
  }
  wire::HealthCheckResponse answer;
  answer.set_status(service.CheckReady().ok() ? wire::HealthCheckResponse::SERVING
                                              : wire::HealthCheckResponse::NOT_SERVING);
  const bool sent = call.Write({WriteWire(answer)});
  call.Finish(sent ? rpc::Outcome{} : OutcomeOf(ToFlightStatus(call.failure())));
}

}  // namespace arrowport::flight
