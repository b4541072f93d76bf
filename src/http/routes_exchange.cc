#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "http/answer_form.h"
#include "http/arrow_body.h"
#include "http/exchange.h"
#include "http/handlers.h"
#include "http/parameters.h"
#include "http/query_request.h"
#include "http/request.h"
#include "http/rows_answer.h"
#include "http/socket.h"
#include "http/target.h"
#include "http/two_way_pump.h"
#include "service/exchangers.h"
#include "service/service.h"
#include "stream/batch_encoder.h"

namespace arrowport::http {
namespace {

Status Invalid(std::string message) {
  return MakeError(ErrorKind::kInvalidInput, std::move(message));
}

// All of it but the SQL of a name.
Result<TwoWayRequest> ReadTarget(const Target& target, const stream::EncodeOptions& form) {
  TwoWayRequest request = {.statement = {}, .options = {}, .form = form};
  const auto sql = target.Parameter("sql");
  const auto as = target.Parameter("as");
  if (sql.has_value() == target.Parameter("name").has_value()) {
    return Invalid(
        "an exchange needs either ?sql=, which reads from input, or ?name= of an exchanger");
  }
  if (!sql.has_value() && as.has_value()) {
    return Invalid("'as' belongs to 'sql'; an exchanger calls the stream input");
  }
  if (as.has_value() && as->empty()) return Invalid("'as' is empty");
  if (as.has_value()) request.options.input_name = *as;
  request.statement.sql = sql.value_or("");
  ARROW_ASSIGN_OR_RAISE(request.options.ordered, BoolParameter(target, "ordered", true));
  return request;
}

}  // namespace

Awaitable<Status> RunExchange(Exchange& exchange) {
  const Target& target = exchange.request().target();
  const Result<stream::EncodeOptions> form = ChooseForm(WishesOf(exchange.request()));
  if (!form.ok()) co_return form.status();
  Result<TwoWayRequest> request = ReadTarget(target, *form);
  if (!request.ok()) co_return request.status();
  const Result<std::optional<std::chrono::milliseconds>> timeout = ReadTimeout(target);
  if (!timeout.ok()) co_return timeout.status();
  if (const auto& wanted = *timeout; wanted.has_value()) exchange.SetTimeout(*wanted);
  Status taken = CheckArrowBody(exchange.request());
  if (taken.ok()) {
    taken = exchange.body().LimitTo(exchange.options().body_bytes_max, "body_bytes_max");
  }
  if (!taken.ok()) co_return taken;
  if (const auto name = target.Parameter("name")) {
    const auto find = [&] { return exchange.service().FindExchanger(exchange.call(), *name); };
    Result<service::Exchanger> found = co_await exchange.Blocking(find);
    if (!found.ok()) co_return found.status();
    request->statement.sql = std::move(found->sql);
  }
  co_return co_await PumpBothWays(exchange, *request);
}

}  // namespace arrowport::http
