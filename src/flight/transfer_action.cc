#include "flight/transfer_action.h"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "flight/flight_call.h"
#include "flight/json_values.h"
#include "service/service.h"
#include "service/transfer.h"

namespace arrowport::flight {
namespace {

using Json = nlohmann::json;

struct ReadAction {
  service::TransferRequest request;
  std::optional<std::chrono::milliseconds> timeout;
};

Status Invalid(std::string message) {
  return MakeError(ErrorKind::kInvalidInput, std::move(message));
}

std::string* TextOf(std::string_view key, service::TransferRequest& request) {
  if (key == "from" || key == "to") return &request.url;
  if (key == "table") return &request.table;
  if (key == "query") return &request.sql;
  return key == "as" ? &request.as : nullptr;
}

Status ReadKey(const std::string& key, const Json& value, ReadAction& action) {
  if (key == "timeout_ms") return ReadTimeout(value).Value(&action.timeout);
  std::string* const text = TextOf(key, action.request);
  if (text == nullptr) {
    return Invalid("unknown key \"" + key +
                   "\"; known are \"from\", \"to\", \"table\", \"query\", \"as\" and "
                   "\"timeout_ms\"");
  }
  return ReadName(key, value, text);
}

Result<ReadAction> Read(std::string_view body) {
  const Json json = Json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) {
    return Invalid(
        "the body is no JSON object, as in {\"from\": \"grpc://host:port\", "
        "\"table\": \"trips\"}");
  }
  if (json.contains("from") == json.contains("to")) {
    return Invalid("either \"from\" or \"to\" is needed, the URL of the other server");
  }
  ReadAction action;
  for (const auto& [key, value] : json.items()) {
    ARROW_RETURN_NOT_OK(ReadKey(key, value, action));
  }
  action.request.way =
      json.contains("from") ? service::TransferWay::kPull : service::TransferWay::kPush;
  return action;
}

}  // namespace

Result<std::vector<std::string>> Transfer(FlightCall& call, std::string_view body) {
  ARROW_ASSIGN_OR_RAISE(const ReadAction action, Read(body));
  ARROW_ASSIGN_OR_RAISE(const auto done,
                        call.service().Transfer(call.ForService(action.timeout), action.request));
  const nlohmann::ordered_json json = {{"status", "success"},
                                       {"table", done.table},
                                       {"rows", done.rows},
                                       {"bytes", done.bytes},
                                       {"seconds", done.seconds}};
  return std::vector{json.dump(-1, ' ', false, Json::error_handler_t::replace)};
}

}  // namespace arrowport::flight
