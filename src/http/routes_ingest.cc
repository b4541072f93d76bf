#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "http/exchange.h"
#include "http/handlers.h"
#include "http/incoming_rows.h"
#include "http/ingest_pump.h"
#include "http/json_answer.h"
#include "http/json_body.h"
#include "http/json_put.h"
#include "http/payload_digest.h"
#include "http/put_fields.h"
#include "http/put_form.h"
#include "http/put_rows.h"
#include "http/socket.h"
#include "service/put.h"
#include "service/put_answer.h"

namespace arrowport::http {
namespace {

// The keys that the first bridge answered with, and no more.
nlohmann::ordered_json ToBridgeJson(const service::PutSummary& summary) {
  const bool skipped = summary.skipped;
  return {{"status", skipped ? "skipped" : "success"},
          {"stream", summary.stream},
          {"rows_processed", summary.rows},
          {"message", skipped ? "Data skipped: its columns do not fit the table"
                              : "Data processed successfully"}};
}

Result<service::PutRequest> PutOf(Exchange& exchange) {
  service::PutRequest request;
  request.stream = exchange.path_parameter();
  ARROW_ASSIGN_OR_RAISE(request.stamp, ReadProducerStamp(exchange.request()));
  ARROW_ASSIGN_OR_RAISE(request.idempotency_key, ReadIdempotencyKey(exchange.request()));
  if (request.idempotency_key.empty()) return request;
  const auto digest = std::make_shared<PayloadDigest>();
  exchange.body().Watch([digest](std::span<const uint8_t> bytes) { digest->Add(bytes); });
  request.payload_digest = [digest] { return digest->Finish(); };
  return request;
}

// Decoding takes long enough to hold up other connections.
Awaitable<Result<JsonPut>> ReadJsonPutBody(Exchange& exchange) {
  Result<std::string> body = co_await exchange.body().ReadAll();
  if (!body.ok()) co_return body.status();
  const auto read = [&body] { return ReadJsonPut(*std::move(body)); };
  co_return co_await exchange.Aside(read);
}

// Lands or stages the rows of the body as `request` says.
Awaitable<Status> IngestRows(Exchange& exchange, const service::PutRequest& request) {
  const Result<PutForm> form = ReadPutForm(exchange.request());
  if (!form.ok()) co_return form.status();
  const Status taken = exchange.body().LimitTo(exchange.options().body_bytes_max, "body_bytes_max");
  if (!taken.ok()) co_return taken;
  Result<std::unique_ptr<IncomingRows>> rows = co_await OpenPutRows(exchange, *form, request);
  if (!rows.ok()) co_return rows.status();
  const Result<service::PutSummary> summary = co_await PumpIngest(exchange, request, **rows);
  if (!summary.ok()) co_return summary.status();
  co_return co_await exchange.Send(JsonAnswer(service::PutAnswer(*summary)));
}

}  // namespace

Awaitable<Status> Ingest(Exchange& exchange) {
  const Result<service::PutRequest> request = PutOf(exchange);
  if (!request.ok()) co_return request.status();
  co_return co_await IngestRows(exchange, *request);
}

Awaitable<Status> IngestPart(Exchange& exchange) {
  Result<service::PutRequest> request = PutOf(exchange);
  if (!request.ok()) co_return request.status();
  request->ingest = exchange.path_parameter(1);
  request->part = exchange.path_parameter(2);
  co_return co_await IngestRows(exchange, *request);
}

Awaitable<Status> IngestJson(Exchange& exchange) {
  Status taken = CheckJsonBody(exchange.request(), "the put");
  if (!taken.ok()) co_return taken;
  taken = exchange.body().LimitTo(exchange.options().json_put_bytes_max, "json_put_bytes_max");
  if (!taken.ok()) co_return taken;
  Result<service::PutRequest> request = PutOf(exchange);
  if (!request.ok()) co_return request.status();
  Result<JsonPut> put = co_await ReadJsonPutBody(exchange);
  if (!put.ok()) co_return put.status();
  request->table = put->table;
  JsonPutRows rows(exchange, *put);
  const Result<service::PutSummary> summary = co_await PumpIngest(exchange, *request, rows);
  if (!summary.ok()) co_return summary.status();
  co_return co_await exchange.Send(JsonAnswer(ToBridgeJson(*summary)));
}

}  // namespace arrowport::http
