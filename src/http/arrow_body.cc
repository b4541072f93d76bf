#include "http/arrow_body.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <boost/beast/http/field.hpp>

#include "base/error.h"
#include "http/exchange.h"
#include "http/media_type.h"
#include "http/put_form.h"
#include "http/request.h"
#include "http/socket.h"
#include "http/unpacking.h"
#include "stream/batch_encoder.h"
#include "stream/ipc_decoder.h"

namespace arrowport::http {
namespace {

// A batch of so many bytes takes longer to decode than another thread to wake.
constexpr size_t kAsideBytes = size_t{128} * 1024;

// What an Arrow file begins with, and ends with but for the padding.
constexpr std::string_view kMagic{"ARROW1\0\0", 8};
constexpr std::string_view kEndMagic = kMagic.substr(0, 6);

Status NoFile(std::string why) {
  return MakeError(ErrorKind::kInvalidInput, "Arrow file: " + std::move(why));
}

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

ArrowBody::ArrowBody(Exchange& exchange, const PutForm& form)
    : exchange_(exchange),
      bytes_(exchange, form.coding),
      is_file_(form.format == stream::WireFormat::kArrowFile),
      decoder_({.message_bytes_max = exchange.options().ipc_message_bytes_max,
                .caller_waits = true,
                .is_unpacked = bytes_.is_coded()}) {}

std::optional<int64_t> ArrowBody::bytes_expected() const {
  return bytes_.is_coded() ? std::nullopt : exchange_.request().content_length();
}

Awaitable<Result<std::shared_ptr<arrow::Schema>>> ArrowBody::ReadSchema() {
  if (is_file_) {
    const Status begun = co_await ReadMagic();
    if (!begun.ok()) co_return begun;
  }
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

// Decodes small parts that have come already: a put of a few rows comes whole, and has ten parts.
// Not beyond the schema before someone has it: who reads it may have to wait until there is memory
// for the rows. \return whether there were any.
Result<bool> ArrowBody::TakeReceived() {
  const bool knew_schema = decoder_.schema() != nullptr;
  for (bool took = false;; took = true) {
    if (!knew_schema && decoder_.schema() != nullptr) return true;
    ARROW_ASSIGN_OR_RAISE(const std::span<uint8_t> space, decoder_.Prepare());
    if (space.empty() || decoder_.part_bytes() >= kAsideBytes) return took;
    ARROW_ASSIGN_OR_RAISE(const size_t bytes, bytes_.TakeReceived(space));
    if (bytes == 0) return took;
    ARROW_RETURN_NOT_OK(decoder_.Commit(bytes));
  }
}

// Fails at the end of a body that has no schema.
Awaitable<Status> ArrowBody::ReadMore() {
  if (decoder_.WaitsForMemory()) co_return co_await UnpackWithMemory(exchange_, decoder_);
  const Result<bool> took = TakeReceived();
  if (!took.ok()) co_return took.status();
  if (*took) co_return Status::OK();
  const Result<std::span<uint8_t>> space = decoder_.Prepare();
  if (!space.ok()) co_return space.status();
  if (space->empty()) co_return co_await ReadEnd();
  const Result<size_t> bytes = co_await bytes_.ReadSome(*space);
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
  if (is_file_) co_return co_await ReadFooter();
  std::array<uint8_t, 1> byte{};
  const Result<size_t> bytes = co_await bytes_.ReadSome(byte);
  if (!bytes.ok()) co_return bytes.status();
  ended_ = *bytes == 0;
  if (ended_) co_return Status::OK();
  co_return MakeError(ErrorKind::kInvalidInput,
                      "the body goes on behind the Arrow stream's end, at byte " +
                          std::to_string(decoder_.bytes_read()) + "; send one stream a request");
}

Awaitable<Status> ArrowBody::ReadMagic() {
  std::array<uint8_t, kMagic.size()> magic{};
  for (size_t filled = 0; filled < magic.size();) {
    const Result<size_t> bytes = co_await bytes_.ReadSome(std::span(magic).subspan(filled));
    if (!bytes.ok()) co_return bytes.status();
    if (*bytes == 0) break;
    filled += *bytes;
  }
  if (std::memcmp(magic.data(), kMagic.data(), kMagic.size()) == 0) co_return Status::OK();
  co_return NoFile("it does not begin with ARROW1, as one does");
}

// To the body's end. Of what the footer says only its length counts: that it is there in full.
Awaitable<Status> ArrowBody::ReadFooter() {
  std::array<uint8_t, 4096> space{};
  std::string tail;
  int64_t footer_bytes = 0;
  for (;;) {
    const Result<size_t> bytes = co_await bytes_.ReadSome(space);
    if (!bytes.ok()) co_return bytes.status();
    if (*bytes == 0) break;
    footer_bytes += static_cast<int64_t>(*bytes);
    tail.append(reinterpret_cast<const char*>(space.data()), *bytes);
    tail.erase(0, tail.size() - std::min(tail.size(), kTailBytes));
  }
  ended_ = true;
  if (tail.size() < kTailBytes || !tail.ends_with(kEndMagic)) {
    co_return NoFile("it does not end with ARROW1, so it may be cut short");
  }
  int32_t length = 0;
  std::memcpy(&length, tail.data(), sizeof(length));
  if (length == footer_bytes - static_cast<int64_t>(kTailBytes)) co_return Status::OK();
  co_return NoFile("its footer is not as long as it says");
}

}  // namespace arrowport::http
