#include "base/error.h"
#include "http/answer_form.h"
#include "http/exchange.h"
#include "http/handlers.h"
#include "http/rows_answer.h"
#include "http/socket.h"
#include "http/table_request.h"
#include "service/service.h"
#include "stream/batch_encoder.h"

namespace arrowport::http {

Awaitable<Status> ReadTable(Exchange& exchange) {
  const Result<TableRequest> table = ReadTableTarget(exchange.request().target());
  if (!table.ok()) co_return table.status();
  const Result<stream::EncodeOptions> form = ChooseForm(WishesOf(exchange.request()));
  if (!form.ok()) co_return form.status();
  const auto ask = [name = exchange.path_parameter(), table = *table](service::Service& service,
                                                                      const service::Call& call) {
    return service.ReadTable(call, name, table.read, table.options);
  };
  co_return co_await AnswerRows(exchange, {.form = *form, .timeout = table->timeout}, ask);
}

}  // namespace arrowport::http
