#include "flight/health.h"

#include <string>
#include <string_view>

#include <arrow/buffer.h>

#include "base/error.h"
#include "flight/flight_messages.h"
#include "flight/flight_service.h"
#include "flight/flight_status.h"
#include "flight/outcome.h"
#include "rpc/call.h"
#include "rpc/code.h"
#include "service/service.h"

namespace arrowport::flight {
namespace {

// Of HealthCheckRequest.
constexpr int kServiceField = 1;

// HealthCheckResponse's field `status` with SERVING and NOT_SERVING.
constexpr std::string_view kServing("\x08\x01", 2);
constexpr std::string_view kNotServing("\x08\x02", 2);

Result<std::string> ReadServiceName(rpc::Call& wire) {
  ARROW_ASSIGN_OR_RAISE(const auto request, wire.Read());
  if (request == nullptr) return std::string();
  return ReadBytesField("HealthCheckRequest", std::string_view(*request), kServiceField);
}

}  // namespace

void AnswerHealthCheck(const service::Service& service, rpc::Call& wire) {
  const auto name = ReadServiceName(wire);
  if (!name.ok()) return wire.Finish(OutcomeOf(ToFlightStatus(name.status())));
  if (!name->empty() && *name != FlightService::kName) {
    return wire.Finish({.code = rpc::Code::kNotFound, .message = "there is no service " + *name});
  }
  const bool ready = service.CheckReady().ok();
  const auto answer = arrow::Buffer::FromString(std::string(ready ? kServing : kNotServing));
  wire.Finish(wire.Write({answer}) ? rpc::Outcome{} : OutcomeOf(ToFlightStatus(wire.failure())));
}

}  // namespace arrowport::flight
