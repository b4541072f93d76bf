#include <memory>
#include <string>
#include <utility>

#include "base/error.h"
#include "engine/result_stream.h"
#include "http/answer_form.h"
#include "http/exchange.h"
#include "http/handlers.h"
#include "http/media_type.h"
#include "http/query_request.h"
#include "http/request.h"
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

FormWishes WishesOf(const Request& request) {
  return {.accept = request.Header(Field::accept),
          .accept_encoding = request.Header(Field::accept_encoding),
          .format = request.target().Parameter("format"),
          .compression = request.target().Parameter("compression")};
}

}  // namespace

Awaitable<Status> Query(Exchange& exchange) {
  const Result<stream::EncodeOptions> form = ChooseForm(WishesOf(exchange.request()));
  if (!form.ok()) co_return form.status();
  const Result<QueryRequest> query = co_await ReadBody(exchange);
  if (!query.ok()) co_return query.status();
  const auto& timeout = query->timeout;
  if (timeout.has_value()) exchange.SetTimeout(*timeout);
  exchange.WatchClient();
  const auto ask = [&exchange, &query] {
    return exchange.service().Query(exchange.call(), query->statement, query->options);
  };
  Result<std::shared_ptr<engine::ResultStream>> result = co_await exchange.Blocking(ask);
  if (!result.ok()) co_return result.status();
  co_return co_await PumpResult(exchange, *std::move(result), *form);
}

}  // namespace arrowport::http
