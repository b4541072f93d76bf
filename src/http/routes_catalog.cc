#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "engine/table.h"
#include "http/exchange.h"
#include "http/handlers.h"
#include "http/json_answer.h"
#include "http/socket.h"
#include "service/router.h"
#include "service/service.h"

namespace arrowport::http {
namespace {

using Json = nlohmann::ordered_json;

Json TextOrNull(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json ToJson(const service::StreamInfo& stream) {
  Json json = {{"stream", stream.name},
               {"table", stream.table},
               {"rule", TextOrNull(stream.rule)},
               {"rule_place", TextOrNull(stream.rule_place)},
               {"puts", stream.puts},
               {"rows", stream.rows},
               {"bytes", stream.bytes},
               {"puts_failed", stream.puts_failed},
               {"puts_skipped", stream.puts_skipped},
               {"rows_quarantined", stream.rows_quarantined},
               {"puts_pending", stream.puts_pending},
               {"rows_pending", stream.rows_pending},
               {"bytes_pending", stream.bytes_pending},
               {"lag_ms", stream.lag.count()},
               {"last_put_unix_ms", nullptr},
               {"last_error", TextOrNull(stream.last_error)}};
  if (stream.last_put_unix_ms.has_value()) json["last_put_unix_ms"] = *stream.last_put_unix_ms;
  return json;
}

Json ToJson(const service::RulesState& rules) {
  return {{"file", TextOrNull(rules.source)},
          {"rules", rules.rules},
          {"loads", rules.loads},
          {"refusals", rules.refusals},
          {"refusal", TextOrNull(rules.refusal)}};
}

Json ToJson(const engine::TableInfo& table) {
  Json json = {{"table", table.name.ToString()}, {"kind", table.is_view ? "view" : "table"}};
  json["rows"] = nullptr;
  if (table.rows >= 0) json["rows"] = table.rows;
  json["columns"] = Json::array();
  if (table.schema == nullptr) return json;
  for (const auto& field : table.schema->fields()) {
    json["columns"].push_back({{"name", field->name()},
                               {"type", field->type()->ToString()},
                               {"nullable", field->nullable()}});
  }
  return json;
}

template <typename Info>
Json ToJson(const char* key, const std::vector<Info>& infos) {
  Json json;
  json[key] = Json::array();
  for (const Info& info : infos) json[key].push_back(ToJson(info));
  return json;
}

}  // namespace

Awaitable<Status> ListStreams(Exchange& exchange) {
  const auto list = [&exchange] { return exchange.service().ListStreams(exchange.call()); };
  const Result<std::vector<service::StreamInfo>> streams = co_await exchange.Blocking(list);
  if (!streams.ok()) co_return streams.status();
  Json json = ToJson("streams", *streams);
  json["rules"] = ToJson(exchange.service().router().state());
  co_return co_await exchange.Send(JsonAnswer(json));
}

Awaitable<Status> DescribeStream(Exchange& exchange) {
  const Result<service::StreamInfo> stream =
      exchange.service().DescribeStream(exchange.call(), exchange.path_parameter());
  if (!stream.ok()) co_return stream.status();
  co_return co_await exchange.Send(JsonAnswer(ToJson(*stream)));
}

Awaitable<Status> ListTables(Exchange& exchange) {
  const auto list = [&exchange] { return exchange.service().ListTables(exchange.call()); };
  const Result<std::vector<engine::TableInfo>> tables = co_await exchange.Blocking(list);
  if (!tables.ok()) co_return tables.status();
  co_return co_await exchange.Send(JsonAnswer(ToJson("tables", *tables)));
}

Awaitable<Status> DescribeTable(Exchange& exchange) {
  const auto describe = [&exchange] {
    return exchange.service().DescribeTable(exchange.call(), exchange.path_parameter());
  };
  const Result<engine::TableInfo> table = co_await exchange.Blocking(describe);
  if (!table.ok()) co_return table.status();
  co_return co_await exchange.Send(JsonAnswer(ToJson(*table)));
}

}  // namespace arrowport::http
