#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "http/answer.h"
#include "http/exchange.h"
#include "http/handlers.h"
#include "http/json_answer.h"
#include "http/openapi.h"
#include "http/routes.h"
#include "http/socket.h"
#include "http/viewer_files.h"

namespace arrowport::http {
namespace {

// The page may load what this server has, and nothing else.
constexpr std::string_view kContentPolicy =
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:";

Awaitable<Status> SendViewerFile(Exchange& exchange, std::string_view name) {
  for (const ViewerFile& file : ViewerFiles()) {
    if (file.name != name) continue;
    Answer answer;
    answer.content_type = file.content_type;
    answer.body = file.content;
    answer.fields = {{"Content-Security-Policy", std::string(kContentPolicy)},
                     {"X-Content-Type-Options", "nosniff"},
                     {"Cache-Control", "no-cache"}};
    co_return co_await exchange.Send(std::move(answer));
  }
  co_return MakeError(ErrorKind::kNotFound, "there is no file '" + std::string(name) +
                                                "' of the documentation; it begins at /docs");
}

}  // namespace

Awaitable<Status> ShowOpenApi(Exchange& exchange) {
  co_return co_await exchange.Send(
      JsonAnswer(DescribeRoutes(RouteTable(), exchange.options().version)));
}

Awaitable<Status> ShowDocs(Exchange& exchange) { co_return co_await SendViewerFile(exchange, ""); }

Awaitable<Status> ShowDocsFile(Exchange& exchange) {
  co_return co_await SendViewerFile(exchange, exchange.path_parameter());
}

}  // namespace arrowport::http
