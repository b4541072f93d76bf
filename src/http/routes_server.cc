#include <algorithm>
#include <cstddef>
#include <utility>

#include <arrow/config.h>
#include <boost/beast/http/verb.hpp>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "engine/database.h"
#include "http/answer.h"
#include "http/exchange.h"
#include "http/handlers.h"
#include "http/json_answer.h"
#include "http/routes.h"
#include "http/server.h"
#include "http/socket.h"

namespace arrowport::http {
namespace {

Answer Healthy() { return JsonAnswer({{"status", "ok"}}); }

Answer OnlyReads(const Status& reason) {
  return JsonAnswer({{"status", "reads only"}, {"reason", reason.message()}});
}

Answer Versions(const HttpOptions& options) {
  return JsonAnswer({{"arrowport", options.version},
                     {"duckdb", engine::DuckDbVersion()},
                     {"arrow", arrow::GetBuildInfo().version_string}});
}

}  // namespace

Awaitable<Status> CheckHealth(Exchange& exchange) {
  const auto check = [&exchange] { return exchange.service().CheckHealth(exchange.call()); };
  const Status healthy = co_await exchange.Blocking(check);
  // Whoever asks for health wants to hear that this server does not serve, whatever the reason.
  if (!healthy.ok()) co_return WithKind(ErrorKind::kUnavailable, healthy);
  co_return co_await exchange.Send(Healthy());
}

Awaitable<Status> CheckReady(Exchange& exchange) {
  const Status ready = exchange.service().CheckReady();
  if (!ready.ok()) co_return WithKind(ErrorKind::kUnavailable, ready);
  const Status room = exchange.service().CheckRoom();
  Answer answer = room.ok() ? Healthy() : OnlyReads(room);
  co_return co_await exchange.Send(std::move(answer));
}

Awaitable<Status> ShowMetrics(Exchange& exchange) {
  const auto make = [&exchange] { return exchange.metrics().Page(); };
  Answer answer;
  answer.content_type = "text/plain; version=0.0.4; charset=utf-8";
  answer.body = co_await exchange.Blocking(make);
  co_return co_await exchange.Send(std::move(answer));
}

Awaitable<Status> ShowVersion(Exchange& exchange) {
  co_return co_await exchange.Send(Versions(exchange.options()));
}

Awaitable<Status> ShowRoutes(Exchange& exchange) {
  size_t width = 0;
  for (const Route& route : RouteTable()) width = std::max(width, route.pattern.size());
  Answer answer;
  answer.content_type = "text/plain; charset=utf-8";
  answer.body = "arrowport " + exchange.options().version +
                ": lands Arrow streams in DuckDB, and serves tables and queries back as Arrow.\n\n";
  for (const Route& route : RouteTable()) {
    std::string method(boost::beast::http::to_string(route.method));
    method.resize(std::max<size_t>(method.size(), 6), ' ');
    std::string pattern(route.pattern);
    pattern.resize(width, ' ');
    answer.body.append("  ").append(method).append(" ").append(pattern).append(" ");
    answer.body.append(route.summary).append("\n");
  }
  co_return co_await exchange.Send(std::move(answer));
}

}  // namespace arrowport::http
