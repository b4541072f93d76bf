#include "client/flight_failure.h"

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <arrow/flight/types.h>

#include "base/error.h"

namespace arrowport::client {
namespace {

using arrow::flight::FlightStatusCode;
using arrow::flight::FlightStatusDetail;

constexpr std::string_view kTrailer = "arrowport-error-kind";

std::optional<ErrorKind> KindOfSlug(std::string_view slug) {
  for (const ErrorTraits& traits : ErrorTable()) {
    if (traits.slug == slug) return traits.kind;
  }
  return std::nullopt;
}

ErrorKind KindOfCode(FlightStatusCode code) {
  switch (code) {
    case FlightStatusCode::TimedOut:
      return ErrorKind::kDeadlineExceeded;
    case FlightStatusCode::Cancelled:
      return ErrorKind::kCancelled;
    case FlightStatusCode::Unauthenticated:
      return ErrorKind::kUnauthenticated;
    case FlightStatusCode::Unauthorized:
      return ErrorKind::kForbidden;
    case FlightStatusCode::Unavailable:
      return ErrorKind::kUnavailable;
    case FlightStatusCode::Internal:
    case FlightStatusCode::Failed:
      break;
  }
  return ErrorKind::kInternal;
}

ErrorKind KindWithoutNote(const Status& status) {
  const auto detail = FlightStatusDetail::UnwrapStatus(status);
  if (detail != nullptr) return KindOfCode(detail->code());
  // The library's own word for a connection that is lost in the middle.
  return status.IsIOError() ? ErrorKind::kUnavailable : KindOf(status);
}

void CutFrom(std::string_view mark, std::string_view* text) {
  *text = text->substr(0, text->find(mark));
}

// "Flight returned internal error, with message: …. Detail: Internal. gRPC client debug context: …"
std::string_view InnerMessage(const Status& status) {
  static constexpr std::string_view kBefore = ", with message: ";
  std::string_view message = status.message();
  if (message.starts_with("Flight returned ")) {
    const size_t begin = message.find(kBefore);
    if (begin != std::string_view::npos) message.remove_prefix(begin + kBefore.size());
  }
  CutFrom(". gRPC client debug context: ", &message);
  CutFrom(". Client context: ", &message);
  const auto detail = FlightStatusDetail::UnwrapStatus(status);
  if (detail == nullptr) return message;
  const std::string suffix = ". Detail: " + detail->CodeAsString();
  if (message.ends_with(suffix)) message.remove_suffix(suffix.size());
  return message;
}

std::string Reworded(std::string_view message) {
  if (message.find("Connection refused") != std::string_view::npos) {
    return "connection refused; is a server running there? arrowport serve starts one";
  }
  return std::string(message);
}

}  // namespace

class KindNote::Middleware final : public arrow::flight::ClientMiddleware {
 public:
  explicit Middleware(KindNote& note) : note_(note) {}

  void SendingHeaders(arrow::flight::AddCallHeaders* /*headers*/) override {}

  void ReceivedHeaders(const arrow::flight::CallHeaders& headers) override {
    const auto found = headers.find(kTrailer);
    if (found == headers.end()) return;
    std::lock_guard lock(note_.mutex_);
    note_.kind_ = KindOfSlug(found->second);
  }

  void CallCompleted(const Status& /*status*/) override {}

 private:
  KindNote& note_;  // Owned by the Flight client, which outlives its calls.
};

void KindNote::StartCall(const arrow::flight::CallInfo& /*info*/,
                         std::unique_ptr<arrow::flight::ClientMiddleware>* middleware) {
  *middleware = std::make_unique<Middleware>(*this);
}

std::optional<ErrorKind> KindNote::Take() {
  std::lock_guard lock(mutex_);
  return std::exchange(kind_, std::nullopt);
}

Status ExplainFlightFailure(const Status& status, std::optional<ErrorKind> noted) {
  if (status.ok()) return status;
  const ErrorKind guessed = KindWithoutNote(status);
  // The library has no word of its own for some of Flight's codes, such as ALREADY_EXISTS.
  const bool note_fits = noted && (guessed == ErrorKind::kInternal ||
                                   TraitsOf(*noted).flight_code == TraitsOf(guessed).flight_code);
  return MakeError(note_fits ? *noted : guessed, Reworded(InnerMessage(status)));
}

}  // namespace arrowport::client
