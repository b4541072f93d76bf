#include "base/error.h"
#include "http/answer_form.h"
#include "http/exchange.h"
#include "http/handlers.h"
#include "http/query_body.h"
#include "http/query_request.h"
#include "http/request.h"
#include "http/rows_answer.h"
#include "http/socket.h"
#include "service/service.h"
#include "stream/batch_encoder.h"

namespace arrowport::http {
namespace {

Status SayHowToWrite(const Status& status) {
  if (KindOf(status) != ErrorKind::kForbidden) return status;
  return MakeError(ErrorKind::kForbidden, "GET changes nothing: " + status.message() +
                                              "; send other statements as POST /query");
}

}  // namespace

Awaitable<Status> Query(Exchange& exchange) {
  const Result<stream::EncodeOptions> form = ChooseForm(WishesOf(exchange.request()));
  if (!form.ok()) co_return form.status();
  const Result<QueryRequest> query = co_await ReadQueryBody(exchange);
  if (!query.ok()) co_return query.status();
  const auto ask = [query = *query](service::Service& service, const service::Call& call) {
    return service.Query(call, query.statement, query.options);
  };
  co_return co_await AnswerRows(exchange, {.form = *form, .timeout = query->timeout}, ask);
}

Awaitable<Status> QueryByAddress(Exchange& exchange) {
  const Result<QueryRequest> query = ReadQueryTarget(exchange.request().target());
  if (!query.ok()) co_return query.status();
  const Result<stream::EncodeOptions> form = ChooseForm(WishesOf(exchange.request()));
  if (!form.ok()) co_return form.status();
  const auto ask = [query = *query](service::Service& service, const service::Call& call) {
    return service.Query(call, query.statement, query.options);
  };
  co_return SayHowToWrite(
      co_await AnswerRows(exchange, {.form = *form, .timeout = query->timeout}, ask));
}

}  // namespace arrowport::http
