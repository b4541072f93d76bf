#include "http/rows_answer.h"

#include <memory>
#include <utility>

#include <boost/beast/http/field.hpp>

#include "base/error.h"
#include "engine/result_stream.h"
#include "http/answer_form.h"
#include "http/exchange.h"
#include "http/request.h"
#include "http/result_pump.h"
#include "http/socket.h"

namespace arrowport::http {

FormWishes WishesOf(const Request& request) {
  using Field = boost::beast::http::field;
  return {.accept = request.Header(Field::accept),
          .accept_encoding = request.Header(Field::accept_encoding),
          .format = request.target().Parameter("format"),
          .compression = request.target().Parameter("compression")};
}

Awaitable<Status> AnswerRows(Exchange& exchange, RowsWanted wanted, AskForRows ask) {
  if (wanted.timeout.has_value()) exchange.SetTimeout(*wanted.timeout);
  exchange.WatchClient();
  // A copy of the call: the exchange may be over before DuckDB is.
  auto work = [ask = std::move(ask), &service = exchange.service(), call = exchange.call()] {
    return ask(service, call);
  };
  Result<std::shared_ptr<engine::ResultStream>> result =
      co_await exchange.BlockingWhileWanted(std::move(work));
  if (!result.ok()) co_return result.status();
  co_return co_await PumpResult(exchange, *std::move(result), wanted.form, wanted.fields);
}

}  // namespace arrowport::http
