#include "flight/handshake.h"

#include <string>
#include <string_view>

#include <arrow/flight/middleware.h>
#include <arrow/flight/server.h>
#include <arrow/flight/types.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "flight/call_context.h"
#include "flight/flight_messages.h"
#include "flight/flight_wire.pb.h"
#include "flight/running_calls.h"
#include "flight/session_key.h"

namespace arrowport::flight {
namespace {

using Json = nlohmann::json;

constexpr const char* kAuthorization = "authorization";
constexpr std::string_view kBasic = "Basic ";
constexpr std::string_view kBearer = "Bearer ";

// The header that signs in; empty without one.
std::string_view SignInHeader(const arrow::flight::ServerCallContext& context) {
  const auto found = context.incoming_headers().find(kAuthorization);
  if (found == context.incoming_headers().end()) return {};
  const std::string_view value = found->second;
  return value.starts_with(kBasic) || value.starts_with(kBearer) ? value : std::string_view();
}

bool IsSignIn(const std::string& payload) {
  const Json json = Json::parse(payload, nullptr, /*allow_exceptions=*/false);
  if (json.is_object()) {
    const auto name = json.find("username");
    const auto password = json.find("password");
    return name != json.end() && name->is_string() && password != json.end() &&
           password->is_string();
  }
  arrow::flight::BasicAuth basic;
  return !payload.empty() && arrow::flight::BasicAuth::Deserialize(payload, &basic).ok();
}

}  // namespace

Status AnswerHandshake(CallContext& context) {
  if (!SignInHeader(context).empty()) return Status::OK();
  RunningCall& call = RunningCall::Of(context);
  call.BeginWaitingForClient();
  const auto message = context.wire().Read();
  call.EndWaitingForClient();
  ARROW_RETURN_NOT_OK(message.status());
  ARROW_ASSIGN_OR_RAISE(
      const auto request,
      ReadWire<wire::HandshakeRequest>(*message == nullptr ? "" : std::string_view(**message)));
  if (!IsSignIn(request.payload())) {
    return MakeError(
        ErrorKind::kInvalidInput,
        "the handshake has neither a message like {\"username\": \"…\", \"password\": \"…\"} or "
        "Flight's BasicAuth, nor a header `authorization: Basic …` or `Bearer …`");
  }
  wire::HandshakeResponse response;
  response.set_payload(NewToken());
  return context.wire().Write({WriteWire(response)}) ? Status::OK() : context.wire().failure();
}

std::string SignInAnswer(arrow::flight::FlightMethod method, const CallContext& context) {
  const std::string_view header = SignInHeader(context);
  // Clients may sign in with any call, and go on with the token that they get.
  if (header.starts_with(kBasic)) return std::string(kBearer) + NewToken();
  return method == arrow::flight::FlightMethod::Handshake ? std::string(header) : std::string();
}

}  // namespace arrowport::flight
