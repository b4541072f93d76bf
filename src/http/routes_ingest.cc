#include <string>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "http/arrow_body.h"
#include "http/exchange.h"
#include "http/handlers.h"
#include "http/ingest_pump.h"
#include "http/json_answer.h"
#include "http/socket.h"
#include "service/service.h"

namespace arrowport::http {
namespace {

nlohmann::ordered_json ToJson(const service::PutSummary& summary) {
  return {{"status", "success"},        {"stream", summary.stream},
          {"table", summary.table},     {"rows_processed", summary.rows},
          {"batches", summary.batches}, {"bytes", summary.bytes},
          {"seconds", summary.seconds}};
}

}  // namespace

Awaitable<Status> Ingest(Exchange& exchange) {
  Status taken = CheckArrowBody(exchange.request());
  if (!taken.ok()) co_return taken;
  taken = exchange.body().LimitTo(exchange.options().body_bytes_max, "body_bytes_max");
  if (!taken.ok()) co_return taken;
  const Result<service::PutSummary> summary =
      co_await PumpIngest(exchange, exchange.path_parameter());
  if (!summary.ok()) co_return summary.status();
  co_return co_await exchange.Send(JsonAnswer(ToJson(*summary)));
}

}  // namespace arrowport::http
