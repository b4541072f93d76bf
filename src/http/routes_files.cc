#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "engine/table.h"
#include "http/exchange.h"
#include "http/file_answer.h"
#include "http/handlers.h"
#include "http/query_request.h"
#include "http/request.h"
#include "http/socket.h"
#include "service/service.h"
#include "service/table_file.h"
#include "stream/batch_encoder.h"

namespace arrowport::http {
namespace {

Status ReadParameters(Exchange& exchange) {
  ARROW_ASSIGN_OR_RAISE(const auto timeout, ReadTimeout(exchange.request().target()));
  if (timeout.has_value()) exchange.SetTimeout(*timeout);
  return Status::OK();
}

Awaitable<Result<service::TableFile>> WaitForFile(Exchange& exchange, stream::WireFormat format) {
  const auto open = [&exchange, format] {
    return exchange.service().OpenTableFile(exchange.call(), exchange.path_parameter(), format);
  };
  Result<std::unique_ptr<service::TableFileRequest>> request = co_await exchange.Blocking(open);
  if (!request.ok()) co_return request.status();
  for (;;) {
    std::optional<Result<service::TableFile>> file = (*request)->Poll(exchange.Waker());
    if (file.has_value()) co_return *std::move(file);
    const Status waited = co_await exchange.Wait();
    if (!waited.ok()) co_return waited;
  }
}

// `ending` is that of the route and of the file's name.
Awaitable<Status> SendFile(Exchange& exchange, stream::WireFormat format, std::string_view ending) {
  const Status read = ReadParameters(exchange);
  if (!read.ok()) co_return read;
  exchange.WatchClient();
  const auto ask = [&exchange] {
    return exchange.service().TableVersion(exchange.call(), exchange.path_parameter());
  };
  const Result<std::string> version = co_await exchange.Blocking(ask);
  if (!version.ok()) co_return version.status();
  const Result<bool> unchanged = co_await AnswerUnchanged(exchange, *version);
  if (!unchanged.ok() || *unchanged) co_return unchanged.status();
  const Result<service::TableFile> file = co_await WaitForFile(exchange, format);
  if (!file.ok()) co_return file.status();
  const auto table = engine::TableName::Parse(exchange.path_parameter());
  if (!table.ok()) co_return table.status();
  const FileTraits traits{.name = table->name + std::string(ending),
                          .content_type = std::string(stream::TraitsOf(format).media_type)};
  co_return co_await AnswerFile(exchange, *file, traits);
}

}  // namespace

Awaitable<Status> SendParquetFile(Exchange& exchange) {
  co_return co_await SendFile(exchange, stream::WireFormat::kParquet, ".parquet");
}

Awaitable<Status> SendArrowFile(Exchange& exchange) {
  co_return co_await SendFile(exchange, stream::WireFormat::kArrowFile, ".arrow");
}

}  // namespace arrowport::http
