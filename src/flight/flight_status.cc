#include "flight/flight_status.h"

#include <string>

#include <arrow/flight/types.h>

#include "base/error.h"

namespace arrowport::flight {

Status ToFlightStatus(const Status& status) {
  if (status.ok()) return status;
  using arrow::flight::FlightStatusCode;
  using arrow::flight::MakeFlightError;
  // Our own detail is left behind: the library would append it to the message.
  const std::string& message = status.message();
  switch (TraitsOf(KindOf(status)).flight_code) {
    case FlightCode::kInvalidArgument:
      return Status::Invalid(message);
    case FlightCode::kNotFound:
      return Status::KeyError(message);
    case FlightCode::kAlreadyExists:
      return Status::AlreadyExists(message);
    case FlightCode::kUnimplemented:
      return Status::NotImplemented(message);
    case FlightCode::kUnauthenticated:
      return MakeFlightError(FlightStatusCode::Unauthenticated, message);
    case FlightCode::kUnauthorized:
      return MakeFlightError(FlightStatusCode::Unauthorized, message);
    case FlightCode::kTimedOut:
      return MakeFlightError(FlightStatusCode::TimedOut, message);
    case FlightCode::kCancelled:
      return MakeFlightError(FlightStatusCode::Cancelled, message);
    case FlightCode::kUnavailable:
      return MakeFlightError(FlightStatusCode::Unavailable, message);
    case FlightCode::kInternal:
      break;
  }
  return MakeFlightError(FlightStatusCode::Internal, message);
}

}  // namespace arrowport::flight
