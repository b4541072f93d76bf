#include "http/arrow_body.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include <boost/beast/http/field.hpp>

#include "base/error.h"
#include "http/exchange.h"
#include "http/media_type.h"
#include "http/request.h"
#include "http/socket.h"
#include "stream/ipc_decoder.h"

namespace arrowport::http {
namespace {

// A batch of so many bytes takes longer to decode than another thread to wake.
constexpr size_t kAsideBytes = size_t{128} * 1024;

}  // namespace

Status CheckArrowBody(const Request& request) {
  using Field = boost::beast::http::field;
  const std::string type = EssenceOf(request.Header(Field::content_type));
  if (!IsUnsaid(type) && type != "application/vnd.apache.arrow.stream" &&
      type != "application/octet-stream") {
    return MakeError(
        ErrorKind::kUnsupportedMedia,
        "Content-Type '" + type + "' is not taken; send application/vnd.apache.arrow.stream");
  }
  return CheckNotCoded(request.Header(Field::content_encoding),
                       "compress the buffers of the Arrow stream (ZSTD, LZ4)");
}

ArrowBody::ArrowBody(Exchange& exchange)
    : exchange_(exchange),
      decoder_({.message_bytes_max = exchange.options().ipc_message_bytes_max}) {}

Awaitable<Result<std::shared_ptr<arrow::Schema>>> ArrowBody::ReadSchema() {
  while (decoder_.schema() == nullptr) {
    const Status more = co_await ReadMore();
    if (!more.ok()) co_return more;
  }
  co_return decoder_.schema();
}

Awaitable<Result<std::shared_ptr<arrow::RecordBatch>>> ArrowBody::Next() {
  for (;;) {
    std::shared_ptr<arrow::RecordBatch> batch = decoder_.TakeBatch();
    if (batch != nullptr || ended_) co_return std::move(batch);
    const Status more = co_await ReadMore();
    if (!more.ok()) co_return more;
  }
}

// Fails at the end of a body that has no schema.
Awaitable<Status> ArrowBody::ReadMore() {
  const Result<std::span<uint8_t>> space = decoder_.Prepare();
  if (!space.ok()) co_return space.status();
  if (space->empty()) co_return co_await ReadEnd();
  const Result<size_t> bytes = co_await exchange_.body().ReadSome(*space);
  if (!bytes.ok()) co_return bytes.status();
  if (*bytes == 0) co_return co_await ReadEnd();
  // Only with its last byte a part is decoded.
  if (*bytes < space->size() || decoder_.part_bytes() < kAsideBytes) {
    co_return decoder_.Commit(*bytes);
  }
  const auto decode = [this, &bytes] { return decoder_.Commit(*bytes); };
  co_return co_await exchange_.Aside(decode);
}

Awaitable<Status> ArrowBody::ReadEnd() {
  const Status complete = decoder_.Finish();
  if (!complete.ok()) co_return complete;
  std::array<uint8_t, 1> byte{};
  const Result<size_t> bytes = co_await exchange_.body().ReadSome(byte);
  if (!bytes.ok()) co_return bytes.status();
  ended_ = *bytes == 0;
  if (ended_) co_return Status::OK();
  co_return MakeError(ErrorKind::kInvalidInput,
                      "the body goes on behind the Arrow stream's end, at byte " +
                          std::to_string(decoder_.bytes_read()) + "; send one stream a request");
}

}  // namespace arrowport::http
