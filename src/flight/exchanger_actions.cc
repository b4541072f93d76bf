#include "flight/exchanger_actions.h"

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "flight/flight_call.h"
#include "service/exchangers.h"
#include "service/service.h"

namespace arrowport::flight {
namespace {

using Json = nlohmann::json;

Result<Json> ReadObject(std::string_view body) {
  Json json = Json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (json.is_object()) return json;
  return MakeError(ErrorKind::kInvalidInput,
                   "the body is no JSON object; arrowport never runs code that a client sends "
                   "(pickled Python, say), an exchanger is SQL: send {\"command\": \"name\", "
                   "\"sql\": \"SELECT … FROM input\"}");
}

Status ReadTexts(const Json& json, std::string* command, std::string* sql) {
  for (const auto& [key, value] : json.items()) {
    std::string* const target = key == "command" ? command : key == "sql" ? sql : nullptr;
    if (target == nullptr) {
      return MakeError(ErrorKind::kInvalidInput,
                       "unknown key \"" + key + "\"; " +
                           (sql != nullptr ? "known are \"command\" and \"sql\""
                                           : "\"command\" is the only one"));
    }
    if (!value.is_string()) {
      return MakeError(ErrorKind::kInvalidInput, "\"" + key + "\" must be a string");
    }
    *target = value.get<std::string>();
  }
  if (command->empty() || (sql != nullptr && sql->empty())) {
    return MakeError(ErrorKind::kInvalidInput,
                     "\"" + std::string(command->empty() ? "command" : "sql") + "\" is missing");
  }
  return Status::OK();
}

std::string ToJson(const service::Exchanger& exchanger) {
  const nlohmann::ordered_json json = {{"command", exchanger.name},
                                       {"sql", exchanger.sql},
                                       {"origin", NameOf(exchanger.origin)},
                                       {"version", exchanger.version}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

Result<std::vector<std::string>> AddExchange(FlightCall& call, std::string_view body) {
  ARROW_ASSIGN_OR_RAISE(const Json json, ReadObject(body));
  std::string command;
  std::string sql;
  ARROW_RETURN_NOT_OK(ReadTexts(json, &command, &sql));
  ARROW_ASSIGN_OR_RAISE(const auto added,
                        call.service().AddExchanger(call.ForService(), command, sql));
  return std::vector{ToJson(added)};
}

Result<std::vector<std::string>> ListExchanges(FlightCall& call, std::string_view /*body*/) {
  ARROW_ASSIGN_OR_RAISE(const auto exchangers, call.service().ListExchangers(call.ForService()));
  std::vector<std::string> texts;
  texts.reserve(exchangers.size());
  for (const auto& exchanger : exchangers) texts.push_back(ToJson(exchanger));
  return texts;
}

Result<std::vector<std::string>> DropExchange(FlightCall& call, std::string_view body) {
  std::string command(body);
  if (body.starts_with('{')) {
    ARROW_ASSIGN_OR_RAISE(const Json json, ReadObject(body));
    command.clear();
    ARROW_RETURN_NOT_OK(ReadTexts(json, &command, nullptr));
  }
  ARROW_RETURN_NOT_OK(call.service().DropExchanger(call.ForService(), command));
  const nlohmann::ordered_json json = {{"dropped", command}};
  return std::vector{json.dump(-1, ' ', false, Json::error_handler_t::replace)};
}

}  // namespace arrowport::flight
