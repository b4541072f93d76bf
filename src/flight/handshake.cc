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
#include "base/ids.h"
#include "flight/running_calls.h"

namespace arrowport::flight {
namespace {

using Json = nlohmann::json;

constexpr const char* kAuthorization = "authorization";
constexpr std::string_view kBasic = "Basic ";

// Says nothing of its owner, and is not kept: every token is as good as none.
std::string NewToken() { return "anonymous-" + NewId(); }

bool HasBasicHeader(const arrow::flight::ServerCallContext& context) {
  const auto found = context.incoming_headers().find(kAuthorization);
  return found != context.incoming_headers().end() && found->second.starts_with(kBasic);
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
  [[nodiscard]] std::string name() const override { return BearerHeaders::kName; }
  void SendingHeaders(arrow::flight::AddCallHeaders* headers) override {
    headers->AddHeader(kAuthorization, "Bearer " + NewToken());
  }
  void CallCompleted(const Status& /*status*/) override {}
};

}  // namespace

Status Handshake::Authenticate(const arrow::flight::ServerCallContext& context,
                               arrow::flight::ServerAuthSender* outgoing,
                               arrow::flight::ServerAuthReader* incoming) {
  RunningCall& call = RunningCall::Of(context);
  if (HasBasicHeader(context)) return Status::OK();
  std::string payload;
  call.BeginWaitingForClient();
  const Status read = incoming->Read(&payload);
  call.EndWaitingForClient();
  if (!read.ok() || !IsSignIn(payload)) {
    return call.Answer(MakeError(
        ErrorKind::kInvalidInput,
        "the handshake has neither a message like {\"username\": \"…\", \"password\": \"…\"} or "
        "Flight's BasicAuth, nor a header `authorization: Basic …`"));
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
  const bool is_handshake = info.method == arrow::flight::FlightMethod::Handshake;
  if (is_handshake && HasBasicHeader(context)) *middleware = std::make_shared<BearerHeader>();
  return Status::OK();
}

}  // namespace arrowport::flight
