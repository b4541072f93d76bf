#include <string>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "http/exchange.h"
#include "http/handlers.h"
#include "http/ingest_pump.h"
#include "http/json_answer.h"
#include "http/media_type.h"
#include "http/request.h"
#include "http/socket.h"
#include "service/service.h"

namespace arrowport::http {
namespace {

using Field = boost::beast::http::field;

// That the body can be an Arrow stream, as far as its header tells.
Status CheckBody(const Request& request) {
  const std::string type = EssenceOf(request.Header(Field::content_type));
  // The last is what curl says when it is told nothing.
  if (!type.empty() && type != "application/vnd.apache.arrow.stream" &&
      type != "application/octet-stream" && type != "application/x-www-form-urlencoded") {
    return MakeError(
        ErrorKind::kUnsupportedMedia,
        "Content-Type '" + type + "' is not taken; send application/vnd.apache.arrow.stream");
  }
  return CheckNotCoded(request.Header(Field::content_encoding),
                       "compress the buffers of the Arrow stream (ZSTD, LZ4)");
}

nlohmann::ordered_json ToJson(const service::PutSummary& summary) {
  return {{"status", "success"},        {"stream", summary.stream},
          {"table", summary.table},     {"rows_processed", summary.rows},
          {"batches", summary.batches}, {"bytes", summary.bytes},
          {"seconds", summary.seconds}};
}

}  // namespace

Awaitable<Status> Ingest(Exchange& exchange) {
  Status taken = CheckBody(exchange.request());
  if (!taken.ok()) co_return taken;
  taken = exchange.body().LimitTo(exchange.options().body_bytes_max, "body_bytes_max");
  if (!taken.ok()) co_return taken;
  const Result<service::PutSummary> summary =
      co_await PumpIngest(exchange, exchange.path_parameter());
  if (!summary.ok()) co_return summary.status();
  co_return co_await exchange.Send(JsonAnswer(ToJson(*summary)));
}

}  // namespace arrowport::http
