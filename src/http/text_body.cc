#include "http/text_body.h"

#include <cstddef>
#include <memory>
#include <utility>

#include "base/error.h"
#include "http/exchange.h"
#include "http/put_form.h"
#include "http/socket.h"
#include "stream/batch_encoder.h"
#include "stream/text_decoder.h"

namespace arrowport::http {
namespace {

// So many bytes take longer to parse than another thread to wake.
constexpr size_t kAsideBytes = size_t{8} * 1024;

stream::TextForm TextFormOf(stream::WireFormat format) {
  if (format == stream::WireFormat::kCsv) return stream::TextForm::kCsv;
  return format == stream::WireFormat::kJson ? stream::TextForm::kJson : stream::TextForm::kNdjson;
}

}  // namespace

TextBody::TextBody(Exchange& exchange, const PutForm& form, std::shared_ptr<arrow::Schema> table)
    : exchange_(exchange),
      bytes_(exchange, form.coding),
      decoder_({.form = TextFormOf(form.format),
                .table = std::move(table),
                .has_header = form.has_header,
                .delimiter = form.delimiter,
                .batch_bytes_max = exchange.options().ipc_message_bytes_max}) {}

Awaitable<Result<std::shared_ptr<arrow::Schema>>> TextBody::ReadSchema() {
  while (decoder_.schema() == nullptr) {
    const Status more = co_await ReadMore();
    if (!more.ok()) co_return more;
  }
  co_return decoder_.schema();
}

Awaitable<Result<std::shared_ptr<arrow::RecordBatch>>> TextBody::Next() {
  for (;;) {
    std::shared_ptr<arrow::RecordBatch> batch = decoder_.TakeBatch();
    if (batch != nullptr || ended_) co_return std::move(batch);
    const Status more = co_await ReadMore();
    if (!more.ok()) co_return more;
  }
}

// Fails at the end of a body that has no schema.
Awaitable<Status> TextBody::ReadMore() {
  while (!decoder_.is_due() && !ended_) {
    const Result<size_t> bytes = co_await bytes_.ReadSome(decoder_.Prepare());
    if (!bytes.ok()) co_return bytes.status();
    ended_ = *bytes == 0;
    decoder_.Commit(*bytes);
  }
  if (decoder_.bytes_held() < kAsideBytes) co_return decoder_.Decode(ended_);
  const auto decode = [this] { return decoder_.Decode(ended_); };
  co_return co_await exchange_.Aside(decode);
}

}  // namespace arrowport::http
