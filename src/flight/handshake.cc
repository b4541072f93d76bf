#include "flight/handshake.h"

#include <string>
#include <string_view>

#include <arrow/flight/types.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "flight/flight_call.h"
#include "flight/flight_data.h"
#include "flight/flight_wire.pb.h"
#include "flight/handlers.h"
#include "flight/session_key.h"
#include "net/socket.h"
#include "rpc/stream.h"

namespace arrowport::flight {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kBasic = "Basic ";
constexpr std::string_view kBearer = "Bearer ";

// The header that signs in; empty without one.
std::string_view SignInHeader(const rpc::Request& request) {
  const std::string_view value = request.Header("authorization");
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

net::Awaitable<Status> Handshake(FlightCall& call) {
  if (!SignInHeader(call.request()).empty()) co_return Status::OK();
  const auto message = co_await call.wire().Read();
  if (!message.ok()) co_return message.status();
  const auto request =
      ReadWire<wire::HandshakeRequest>(*message == nullptr ? "" : std::string_view(**message));
  if (!request.ok()) co_return request.status();
  if (!IsSignIn(request->payload())) {
    co_return MakeError(
        ErrorKind::kInvalidInput,
        "the handshake has neither a message like {\"username\": \"…\", \"password\": \"…\"} or "
        "Flight's BasicAuth, nor a header `authorization: Basic …` or `Bearer …`");
  }
  wire::HandshakeResponse response;
  response.set_payload(NewToken());
  co_return co_await call.wire().Write(WriteWire(response));
}

std::string SignInAnswer(const rpc::Request& request) {
  const std::string_view header = SignInHeader(request);
  // Clients may sign in with any call, and go on with the token that they get.
  if (header.starts_with(kBasic)) return std::string(kBearer) + NewToken();
  return request.path.ends_with("/Handshake") ? std::string(header) : std::string();
}

}  // namespace arrowport::flight
