#include "base/error.h"

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace arrowport {
namespace {

using enum ErrorKind;

constexpr std::array kTable = {
    ErrorTraits{kInvalidInput, "invalid-input", "The request is not valid", 400,
                FlightCode::kInvalidArgument, 65},
    ErrorTraits{kUnauthenticated, "unauthenticated", "Credentials are needed", 401,
                FlightCode::kUnauthenticated, 77},
    ErrorTraits{kForbidden, "forbidden", "The caller may not do this", 403,
                FlightCode::kUnauthorized, 77},
    ErrorTraits{kNotFound, "not-found", "There is no such thing", 404, FlightCode::kNotFound, 66},
    ErrorTraits{kMethodNotAllowed, "method-not-allowed", "The route has no such method", 405,
                FlightCode::kUnimplemented, 64},
    ErrorTraits{kNotAcceptable, "not-acceptable", "None of the accepted formats can be made", 406,
                FlightCode::kInvalidArgument, 64},
    ErrorTraits{kConflict, "conflict", "The request does not fit what is stored", 409,
                FlightCode::kAlreadyExists, 65},
    ErrorTraits{kPreconditionFailed, "precondition-failed",
                "What is there is not what was expected", 412, FlightCode::kInvalidArgument, 65},
    ErrorTraits{kTooLarge, "too-large", "The request is over a limit", 413,
                FlightCode::kInvalidArgument, 65},
    ErrorTraits{kUnsupportedMedia, "unsupported-media", "The format or type has no mapping", 415,
                FlightCode::kInvalidArgument, 65},
    ErrorTraits{kRangeNotSatisfiable, "range-not-satisfiable", "The range is behind the end", 416,
                FlightCode::kInvalidArgument, 65},
    ErrorTraits{kUnprocessable, "unprocessable", "The request contradicts an earlier one", 422,
                FlightCode::kInvalidArgument, 65},
    ErrorTraits{kRequestTimeout, "request-timeout", "The client sent too slowly", 408,
                FlightCode::kTimedOut, 75},
    ErrorTraits{kOverloaded, "overloaded", "The server has no room for this now", 429,
                FlightCode::kUnavailable, 75},
    ErrorTraits{kUnavailable, "unavailable", "The server cannot serve now", 503,
                FlightCode::kUnavailable, 69},
    ErrorTraits{kDeadlineExceeded, "deadline-exceeded", "The deadline of the call passed", 504,
                FlightCode::kTimedOut, 75},
    ErrorTraits{kCancelled, "cancelled", "The call was cancelled", 499, FlightCode::kCancelled,
                130},
    ErrorTraits{kNotImplemented, "not-implemented", "The server does not do this", 501,
                FlightCode::kUnimplemented, 64},
    ErrorTraits{kOutOfMemory, "out-of-memory", "The statement needs more memory than it may use",
                507, FlightCode::kUnavailable, 71},
    ErrorTraits{kInternal, "internal", "A fault of the server", 500, FlightCode::kInternal, 70},
    ErrorTraits{kStorageFull, "storage-full", "The server's disk is full", 507,
                FlightCode::kUnavailable, 75},
};

constexpr bool RowsFollowTheEnum() {
  for (size_t i = 0; i < kTable.size(); ++i) {
    if (static_cast<size_t>(kTable[i].kind) != i) return false;
  }
  return true;
}
static_assert(RowsFollowTheEnum());

class KindDetail final : public arrow::StatusDetail {
 public:
  static constexpr const char* kTypeId = "arrowport::ErrorKind";

  explicit KindDetail(ErrorKind kind) : kind_(kind) {}

  [[nodiscard]] const char* type_id() const override { return kTypeId; }
  [[nodiscard]] std::string ToString() const override { return std::string(TraitsOf(kind_).slug); }
  [[nodiscard]] ErrorKind kind() const { return kind_; }

 private:
  const ErrorKind kind_;
};

// The Arrow code is what libraries that know nothing of our kinds go by.
arrow::StatusCode ArrowCodeOf(ErrorKind kind) {
  switch (TraitsOf(kind).flight_code) {
    case FlightCode::kInvalidArgument:
      return arrow::StatusCode::Invalid;
    case FlightCode::kNotFound:
      return arrow::StatusCode::KeyError;
    case FlightCode::kAlreadyExists:
      return arrow::StatusCode::AlreadyExists;
    case FlightCode::kCancelled:
      return arrow::StatusCode::Cancelled;
    case FlightCode::kUnimplemented:
      return arrow::StatusCode::NotImplemented;
    default:
      return arrow::StatusCode::UnknownError;
  }
}

ErrorKind KindOfArrowCode(arrow::StatusCode code) {
  switch (code) {
    case arrow::StatusCode::Invalid:
    case arrow::StatusCode::TypeError:
    case arrow::StatusCode::IndexError:
    case arrow::StatusCode::SerializationError:
    case arrow::StatusCode::IOError:
      return kInvalidInput;
    case arrow::StatusCode::KeyError:
      return kNotFound;
    case arrow::StatusCode::AlreadyExists:
      return kConflict;
    case arrow::StatusCode::CapacityError:
      return kTooLarge;
    case arrow::StatusCode::NotImplemented:
      return kNotImplemented;
    case arrow::StatusCode::Cancelled:
      return kCancelled;
    case arrow::StatusCode::OutOfMemory:
      return kOutOfMemory;
    default:
      return kInternal;
  }
}

}  // namespace

std::span<const ErrorTraits> ErrorTable() { return kTable; }

const ErrorTraits& TraitsOf(ErrorKind kind) { return kTable.at(static_cast<size_t>(kind)); }

Status MakeError(ErrorKind kind, std::string message) {
  return {ArrowCodeOf(kind), std::move(message), std::make_shared<KindDetail>(kind)};
}

ErrorKind KindOf(const Status& status) {
  const auto& detail = status.detail();
  if (detail != nullptr && std::string_view(detail->type_id()) == KindDetail::kTypeId) {
    return static_cast<const KindDetail&>(*detail).kind();
  }
  return KindOfArrowCode(status.code());
}

Status WithContext(std::string_view context, const Status& status) {
  if (status.ok()) return status;
  return MakeError(KindOf(status), std::string(context) + ": " + status.message());
}

Status WithKind(ErrorKind kind, const Status& status) {
  if (status.ok()) return status;
  return MakeError(kind, status.message());
}

ErrorKind KindOfHttpStatus(int http_status) {
  for (const ErrorTraits& traits : kTable) {
    if (traits.http_status == http_status) return traits.kind;
  }
  return kInternal;
}

}  // namespace arrowport
