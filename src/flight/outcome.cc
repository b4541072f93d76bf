#include "flight/outcome.h"

#include <memory>
#include <string>
#include <utility>

#include <arrow/flight/transport.h>
#include <arrow/flight/types.h>

#include "base/error.h"
#include "rpc/code.h"

namespace arrowport::flight {
namespace {

using arrow::flight::TransportStatusCode;

rpc::Code CodeOf(TransportStatusCode code) {
  switch (code) {
    case TransportStatusCode::kOk:
      return rpc::Code::kOk;
    case TransportStatusCode::kUnknown:
      return rpc::Code::kUnknown;
    case TransportStatusCode::kInternal:
      return rpc::Code::kInternal;
    case TransportStatusCode::kInvalidArgument:
      return rpc::Code::kInvalidArgument;
    case TransportStatusCode::kTimedOut:
      return rpc::Code::kDeadlineExceeded;
    case TransportStatusCode::kNotFound:
      return rpc::Code::kNotFound;
    case TransportStatusCode::kAlreadyExists:
      return rpc::Code::kAlreadyExists;
    case TransportStatusCode::kCancelled:
      return rpc::Code::kCancelled;
    case TransportStatusCode::kUnauthenticated:
      return rpc::Code::kUnauthenticated;
    case TransportStatusCode::kUnauthorized:
      return rpc::Code::kPermissionDenied;
    case TransportStatusCode::kUnimplemented:
      return rpc::Code::kUnimplemented;
    case TransportStatusCode::kUnavailable:
      return rpc::Code::kUnavailable;
  }
  return rpc::Code::kUnknown;
}

}  // namespace

// The names are those of Arrow's own servers, whose clients read them.
rpc::Outcome OutcomeOf(const Status& status) {
  if (status.ok()) return {};
  auto transport = arrow::flight::internal::TransportStatus::FromStatus(status);
  rpc::Outcome outcome{.code = CodeOf(transport.code), .message = std::move(transport.message)};
  outcome.trailers = {
      {.name = "x-arrow-status", .value = std::to_string(static_cast<int>(status.code()))},
      {.name = "x-arrow-status-message-bin", .value = status.message()}};
  if (status.detail() != nullptr) {
    outcome.trailers.push_back(
        {.name = "x-arrow-status-detail-bin", .value = status.detail()->ToString()});
  }
  const auto detail = arrow::flight::FlightStatusDetail::UnwrapStatus(status);
  if (detail != nullptr && !detail->extra_info().empty()) {
    outcome.trailers.push_back({.name = "grpc-status-details-bin", .value = detail->extra_info()});
  }
  return outcome;
}

}  // namespace arrowport::flight
