#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "http/answer.h"
#include "http/exchange.h"
#include "http/handlers.h"
#include "http/json_answer.h"
#include "http/parameters.h"
#include "http/socket.h"
#include "service/put.h"
#include "service/put_answer.h"
#include "service/service.h"
#include "service/staged_ingests.h"

namespace arrowport::http {
namespace {

Result<std::optional<std::chrono::milliseconds>> ReadLifetime(const Exchange& exchange) {
  constexpr WholeNumbers kLifetimes = {.min = 1, .max = UINT32_MAX};
  ARROW_ASSIGN_OR_RAISE(const auto number,
                        NumberParameter(exchange.request().target(), "lifetime_ms", kLifetimes));
  if (!number.has_value()) return std::nullopt;
  return std::chrono::milliseconds(*number);
}

}  // namespace

Awaitable<Status> BeginIngest(Exchange& exchange) {
  const auto lifetime = ReadLifetime(exchange);
  if (!lifetime.ok()) co_return lifetime.status();
  const auto begin = [&exchange, &lifetime] {
    return exchange.service().ingests().Begin(exchange.call(), exchange.path_parameter(),
                                              *lifetime);
  };
  const Result<service::StagedIngestInfo> begun = co_await exchange.Blocking(begin);
  if (!begun.ok()) co_return begun.status();
  Answer answer = JsonAnswer(service::IngestAnswer(*begun));
  answer.status = kCreated;
  co_return co_await exchange.Send(std::move(answer));
}

Awaitable<Status> ListIngests(Exchange& exchange) {
  const auto list = [&exchange] {
    return exchange.service().ingests().List(exchange.call(), exchange.path_parameter());
  };
  const Result<std::vector<service::StagedIngestInfo>> open = co_await exchange.Blocking(list);
  if (!open.ok()) co_return open.status();
  nlohmann::ordered_json json;
  json["ingests"] = nlohmann::ordered_json::array();
  for (const auto& ingest : *open) json["ingests"].push_back(service::IngestAnswer(ingest));
  co_return co_await exchange.Send(JsonAnswer(json));
}

Awaitable<Status> DescribeIngest(Exchange& exchange) {
  const auto describe = [&exchange] {
    return exchange.service().ingests().Describe(exchange.call(), exchange.path_parameter(),
                                                 exchange.path_parameter(1));
  };
  const Result<service::StagedIngestInfo> ingest = co_await exchange.Blocking(describe);
  if (!ingest.ok()) co_return ingest.status();
  co_return co_await exchange.Send(JsonAnswer(service::IngestAnswer(*ingest)));
}

Awaitable<Status> CommitIngest(Exchange& exchange) {
  constexpr WholeNumbers kParts = {.min = 1};
  const auto parts = NumberParameter(exchange.request().target(), "parts", kParts);
  if (!parts.ok()) co_return parts.status();
  service::IngestName name;
  name.stream = exchange.path_parameter();
  name.id = exchange.path_parameter(1);
  // It lands whoever waits.
  exchange.StopClock();
  const auto commit = [&exchange, &name, &parts](service::PutDone done) {
    exchange.service().CommitIngest(exchange.call(), name, *parts, std::move(done));
  };
  const auto summary = co_await AwaitAnswer<Result<service::PutSummary>>(commit);
  if (!summary.ok()) co_return summary.status();
  co_return co_await exchange.Send(JsonAnswer(service::PutAnswer(*summary)));
}

Awaitable<Status> AbortIngest(Exchange& exchange) {
  const auto abort = [&exchange] {
    return exchange.service().ingests().Abort(exchange.call(), exchange.path_parameter(),
                                              exchange.path_parameter(1));
  };
  const Status aborted = co_await exchange.Blocking(abort);
  if (!aborted.ok()) co_return aborted;
  co_return co_await exchange.Send(NoContent());
}

}  // namespace arrowport::http
