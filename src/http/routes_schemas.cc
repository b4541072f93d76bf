#include <string>
#include <utility>
#include <vector>

#include <boost/beast/http/field.hpp>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "http/answer.h"
#include "http/exchange.h"
#include "http/handlers.h"
#include "http/json_answer.h"
#include "http/json_body.h"
#include "http/socket.h"
#include "service/schema_registry.h"
#include "service/service.h"

namespace arrowport::http {
namespace {

using Field = boost::beast::http::field;
using Json = nlohmann::ordered_json;

Json ToJson(const service::StoredSchema& schema) {
  Json json = {{"name", schema.name},
               {"version", schema.version},
               {"stored_unix_ms", schema.stored_unix_ms}};
  json.update(schema.definition);
  return json;
}

}  // namespace

Awaitable<Status> ListSchemas(Exchange& exchange) {
  const auto list = [&exchange] { return exchange.service().schemas().List(exchange.call()); };
  const Result<std::vector<service::StoredSchema>> schemas = co_await exchange.Blocking(list);
  if (!schemas.ok()) co_return schemas.status();
  Json json;
  json["schemas"] = Json::array();
  for (const auto& schema : *schemas) json["schemas"].push_back(ToJson(schema));
  co_return co_await exchange.Send(JsonAnswer(json));
}

Awaitable<Status> GetSchema(Exchange& exchange) {
  const auto get = [&exchange] {
    return exchange.service().schemas().Get(exchange.call(), exchange.path_parameter());
  };
  const Result<service::StoredSchema> schema = co_await exchange.Blocking(get);
  if (!schema.ok()) co_return schema.status();
  co_return co_await exchange.Send(JsonAnswer(ToJson(*schema)));
}

Awaitable<Status> PutSchema(Exchange& exchange) {
  Status fine = CheckJsonBody(exchange.request(), "the schema");
  if (fine.ok()) fine = exchange.body().LimitTo(exchange.options().sql_bytes_max, "sql_bytes_max");
  if (!fine.ok()) co_return fine;
  const Result<std::string> body = co_await exchange.body().ReadAll();
  if (!body.ok()) co_return body.status();
  exchange.WatchClient();
  const auto put = [&exchange, &body] {
    return exchange.service().schemas().Put(exchange.call(), exchange.path_parameter(), *body);
  };
  const Result<service::StoredSchema> schema = co_await exchange.Blocking(put);
  if (!schema.ok()) co_return schema.status();
  Answer answer = JsonAnswer(ToJson(*schema));
  if (schema->is_new) answer.status = kCreated;
  co_return co_await exchange.Send(std::move(answer));
}

Awaitable<Status> DeleteSchema(Exchange& exchange) {
  const auto remove = [&exchange] {
    return exchange.service().schemas().Delete(exchange.call(), exchange.path_parameter());
  };
  const Status removed = co_await exchange.Blocking(remove);
  if (!removed.ok()) co_return removed;
  co_return co_await exchange.Send(NoContent());
}

}  // namespace arrowport::http
