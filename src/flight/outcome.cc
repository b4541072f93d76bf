#include "flight/outcome.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <arrow/flight/transport.h>
#include <arrow/flight/types.h>

#include "base/error.h"
#include "rpc/code.h"
#include "rpc/metadata.h"

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

// Clients have room for 8 KiB of trailers, in which the message stands twice.
std::string Shortened(std::string_view message) {
  constexpr size_t kEncodedMax = 6'500;
  const auto fits = [](std::string_view text) {
    return rpc::PercentEncode(text).size() + text.size() * 4 / 3 <= kEncodedMax;
  };
  if (fits(message)) return std::string(message);
  while (!fits(message)) message.remove_suffix(message.size() / 8);
  // Not within a letter.
  const auto bits = [](char byte) { return static_cast<uint8_t>(byte) & 0xC0U; };
  while (!message.empty() && bits(message.back()) == 0x80U) message.remove_suffix(1);
  if (!message.empty() && bits(message.back()) == 0xC0U) message.remove_suffix(1);
  return std::string(message) + "…";
}

}  // namespace

// The names are those of Arrow's own servers, whose clients read them.
rpc::Outcome OutcomeOf(const Status& status) {
  if (status.ok()) return {};
  const auto transport = arrow::flight::internal::TransportStatus::FromStatus(status);
  rpc::Outcome outcome{.code = CodeOf(transport.code), .message = Shortened(transport.message)};
  outcome.trailers = {
      {.name = "x-arrow-status", .value = std::to_string(static_cast<int>(status.code()))},
      {.name = "x-arrow-status-message-bin", .value = Shortened(status.message())}};
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
