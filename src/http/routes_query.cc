#include <memory>
#include <string>
#include <utility>

#include "base/error.h"
#include "engine/result_stream.h"
#include "http/exchange.h"
#include "http/handlers.h"
#include "http/media_type.h"
#include "http/query_request.h"
#include "http/result_pump.h"
#include "http/socket.h"
#include "stream/batch_encoder.h"

namespace arrowport::http {
namespace {

using Field = boost::beast::http::field;

Awaitable<Result<QueryRequest>> ReadBody(Exchange& exchange) {
  Status taken = CheckNotCoded(exchange.request().Header(Field::content_encoding),
                               "send the statement as it is");
  if (!taken.ok()) co_return taken;
  taken = exchange.body().LimitTo(exchange.options().sql_bytes_max, "sql_bytes_max");
  if (!taken.ok()) co_return taken;
  Result<std::string> body = co_await exchange.body().ReadAll();
  if (!body.ok()) co_return body.status();
  co_return ReadQueryRequest(exchange.request().Header(Field::content_type), *std::move(body));
}

}  // namespace

Awaitable<Status> Query(Exchange& exchange) {
  const Result<stream::WireFormat> format = ChooseFormat(
      exchange.request().Header(Field::accept), exchange.request().target().Parameter("format"));
  if (!format.ok()) co_return format.status();
  const Result<QueryRequest> query = co_await ReadBody(exchange);
  if (!query.ok()) co_return query.status();
  if (query->timeout.has_value()) exchange.SetTimeout(*query->timeout);
  exchange.WatchClient();
  const auto ask = [&exchange, &query] {
    return exchange.service().Query(exchange.call(), query->statement, query->options);
  };
  Result<std::shared_ptr<engine::ResultStream>> result = co_await exchange.Blocking(ask);
  if (!result.ok()) co_return result.status();
  co_return co_await PumpResult(exchange, *std::move(result), *format);
}

}  // namespace arrowport::http
