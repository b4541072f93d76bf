#include "http/query_body.h"

#include <string>
#include <utility>

#include <boost/beast/http/field.hpp>

#include "base/error.h"
#include "http/exchange.h"
#include "http/media_type.h"
#include "http/query_request.h"
#include "http/socket.h"

namespace arrowport::http {

using Field = boost::beast::http::field;

Awaitable<Result<QueryRequest>> ReadQueryBody(Exchange& exchange) {
  const auto type = exchange.request().Header(Field::content_type);
  Status taken = CheckNotCoded(exchange.request().Header(Field::content_encoding),
                               "send the statement as it is");
  if (taken.ok()) taken = CheckQueryType(type);
  if (taken.ok()) {
    taken = exchange.body().LimitTo(exchange.options().sql_bytes_max, "sql_bytes_max");
  }
  if (!taken.ok()) co_return taken;
  Result<std::string> body = co_await exchange.body().ReadAll();
  if (!body.ok()) co_return body.status();
  co_return ReadQueryRequest(type, *std::move(body));
}

}  // namespace arrowport::http
