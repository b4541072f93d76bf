#include "flight/handshake.h"

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <arrow/flight/server.h>
#include <arrow/flight/types.h>
#include <nlohmann/json.hpp>

#include "access/caller.h"
#include "base/error.h"
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

class BearerHeader final : public arrow::flight::ServerMiddleware {
 public:
  explicit BearerHeader(std::string value) : value_(std::move(value)) {}

  [[nodiscard]] std::string name() const override { return BearerHeaders::kName; }
  void SendingHeaders(arrow::flight::AddCallHeaders* headers) override {
    headers->AddHeader(kAuthorization, value_);
  }
  void CallCompleted(const Status& /*status*/) override {}

 private:
  const std::string value_;
};

}  // namespace

Status Handshake::Authenticate(const arrow::flight::ServerCallContext& context,
                               arrow::flight::ServerAuthSender* outgoing,
                               arrow::flight::ServerAuthReader* incoming) {
  RunningCall& call = RunningCall::Of(context);
  if (!SignInHeader(context).empty()) return Status::OK();
  std::string payload;
  call.BeginWaitingForClient();
  const Status read = incoming->Read(&payload);
  call.EndWaitingForClient();
  if (!read.ok() || !IsSignIn(payload)) {
    return call.Answer(MakeError(
        ErrorKind::kInvalidInput,
        "the handshake has neither a message like {\"username\": \"…\", \"password\": \"…\"} or "
        "Flight's BasicAuth, nor a header `authorization: Basic …` or `Bearer …`"));
  }
  return call.Answer(outgoing->Write(NewToken()));
}

Status Handshake::IsValid(const arrow::flight::ServerCallContext& /*context*/,
                          const std::string& /*token*/, std::string* peer_identity) {
  *peer_identity = access::Caller{}.name;
  return Status::OK();
}

Status BearerHeaders::StartCall(const arrow::flight::CallInfo& info,
                                const arrow::flight::ServerCallContext& context,
                                std::shared_ptr<arrow::flight::ServerMiddleware>* middleware) {
  const std::string_view header = SignInHeader(context);
  // Clients may sign in with any call, and go on with the token that they get.
  if (header.starts_with(kBasic)) {
    *middleware = std::make_shared<BearerHeader>(std::string(kBearer) + NewToken());
  } else if (!header.empty() && info.method == arrow::flight::FlightMethod::Handshake) {
    *middleware = std::make_shared<BearerHeader>(std::string(header));
  }
  return Status::OK();
}

}  // namespace arrowport::flight
