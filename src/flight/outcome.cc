#include "flight/outcome.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <arrow/flight/types.h>

#include "base/error.h"
#include "rpc/code.h"
#include "rpc/metadata.h"

namespace arrowport::flight {
namespace {

using arrow::flight::FlightStatusCode;
using arrow::flight::MakeFlightError;

/// What a client of Arrow's makes of a call's end: the code, and the status that it gives.
struct Ending {
  rpc::Code code;
  Status status;
};

Ending EndingOf(FlightCode code, const std::string& message) {
  using rpc::Code;
  // Our own detail is left behind: the library would append it to the message.
  switch (code) {
    case FlightCode::kInvalidArgument:
      return {Code::kInvalidArgument, Status::Invalid(message)};
    case FlightCode::kNotFound:
      return {Code::kNotFound, Status::KeyError(message)};
    case FlightCode::kAlreadyExists:
      return {Code::kAlreadyExists, Status::AlreadyExists(message)};
    case FlightCode::kUnimplemented:
      return {Code::kUnimplemented, Status::NotImplemented(message)};
    case FlightCode::kUnauthenticated:
      return {Code::kUnauthenticated, MakeFlightError(FlightStatusCode::Unauthenticated, message)};
    case FlightCode::kUnauthorized:
      return {Code::kPermissionDenied, MakeFlightError(FlightStatusCode::Unauthorized, message)};
    case FlightCode::kTimedOut:
      return {Code::kDeadlineExceeded, MakeFlightError(FlightStatusCode::TimedOut, message)};
    case FlightCode::kCancelled:
      return {Code::kCancelled, MakeFlightError(FlightStatusCode::Cancelled, message)};
    case FlightCode::kUnavailable:
      return {Code::kUnavailable, MakeFlightError(FlightStatusCode::Unavailable, message)};
    case FlightCode::kInternal:
      break;
  }
  return {Code::kInternal, MakeFlightError(FlightStatusCode::Internal, message)};
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

// The names, and the form of the message, are those of Arrow's own servers, whose clients read
// them.
rpc::Outcome OutcomeOf(const Status& status) {
  if (status.ok()) return {};
  const auto [code, told] = EndingOf(TraitsOf(KindOf(status)).flight_code, status.message());
  const std::string detail = told.detail() == nullptr ? "" : told.detail()->ToString();
  rpc::Outcome outcome{
      .code = code,
      .message = Shortened(told.message() + (detail.empty() ? "" : ". Detail: " + detail))};
  outcome.trailers = {
      {.name = "x-arrow-status", .value = std::to_string(static_cast<int>(told.code()))},
      {.name = "x-arrow-status-message-bin", .value = Shortened(told.message())}};
  if (!detail.empty()) {
    outcome.trailers.push_back({.name = "x-arrow-status-detail-bin", .value = detail});
  }
  return outcome;
}

}  // namespace arrowport::flight
