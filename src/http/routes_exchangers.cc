#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "http/answer.h"
#include "http/exchange.h"
#include "http/handlers.h"
#include "http/json_answer.h"
#include "http/query_body.h"
#include "http/query_request.h"
#include "http/socket.h"
#include "service/exchangers.h"
#include "service/service.h"

namespace arrowport::http {
namespace {

using Json = nlohmann::ordered_json;

Json ToJson(const service::Exchanger& exchanger) {
  return {{"name", exchanger.name},
          {"sql", exchanger.sql},
          {"origin", NameOf(exchanger.origin)},
          {"version", exchanger.version}};
}

Awaitable<Result<std::string>> ReadSql(Exchange& exchange) {
  Result<QueryRequest> query = co_await ReadQueryBody(exchange);
  if (!query.ok()) co_return query.status();
  if (!query->statement.parameters.empty() || query->timeout.has_value()) {
    co_return MakeError(ErrorKind::kInvalidInput, "an exchanger has 'sql' and nothing else");
  }
  co_return std::move(query->statement.sql);
}

}  // namespace

Awaitable<Status> ListExchangers(Exchange& exchange) {
  const auto list = [&exchange] { return exchange.service().ListExchangers(exchange.call()); };
  const Result<std::vector<service::Exchanger>> exchangers = co_await exchange.Blocking(list);
  if (!exchangers.ok()) co_return exchangers.status();
  Json json;
  json["exchangers"] = Json::array();
  for (const auto& exchanger : *exchangers) json["exchangers"].push_back(ToJson(exchanger));
  co_return co_await exchange.Send(JsonAnswer(json));
}

Awaitable<Status> GetExchanger(Exchange& exchange) {
  const auto find = [&exchange] {
    return exchange.service().FindExchanger(exchange.call(), exchange.path_parameter());
  };
  const Result<service::Exchanger> found = co_await exchange.Blocking(find);
  if (!found.ok()) co_return found.status();
  co_return co_await exchange.Send(JsonAnswer(ToJson(*found)));
}

Awaitable<Status> PutExchanger(Exchange& exchange) {
  const Result<std::string> sql = co_await ReadSql(exchange);
  if (!sql.ok()) co_return sql.status();
  const auto add = [&exchange, &sql] {
    return exchange.service().AddExchanger(exchange.call(), exchange.path_parameter(), *sql);
  };
  const Result<service::Exchanger> added = co_await exchange.Blocking(add);
  if (!added.ok()) co_return added.status();
  co_return co_await exchange.Send(JsonAnswer(ToJson(*added)));
}

Awaitable<Status> DeleteExchanger(Exchange& exchange) {
  const auto drop = [&exchange] {
    return exchange.service().DropExchanger(exchange.call(), exchange.path_parameter());
  };
  const Status dropped = co_await exchange.Blocking(drop);
  if (!dropped.ok()) co_return dropped;
  co_return co_await exchange.Send(NoContent());
}

}  // namespace arrowport::http
