#include "http/body_reader.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <boost/beast/http/error.hpp>

#include "base/error.h"
#include "http/request.h"
#include "http/socket.h"
#include "http/transport.h"

namespace arrowport::http {
namespace {

// Received beside what was asked for: the head of the next message of an IPC stream fits, so that
// it does not cost a call of its own, and a large body is hardly ever copied.
constexpr size_t kSpillBytes = size_t{16} * 1024;

// Received at once of a chunked body, whose chunks lie anywhere.
constexpr size_t kChunkedReadBytes = size_t{64} * 1024;

// A body that is wanted whole is read in steps of this.
constexpr size_t kStepBytes = size_t{16} * 1024;

}  // namespace

BodyReader::BodyReader(Transport& transport, RequestParser& parser, const Request& request,
                       Transport::Duration idle_timeout)
    : transport_(transport),
      parser_(parser),
      idle_timeout_(idle_timeout),
      chunked_(parser.chunked()),
      continue_due_(request.expects_continue()),
      length_left_(parser.content_length().value_or(0)) {}

Status BodyReader::LimitTo(int64_t bytes, std::string_view option) {
  bytes_max_ = bytes;
  limit_name_ = option;
  const bool announced = bytes > 0 && length_left_ > static_cast<uint64_t>(bytes);
  return announced ? TooLarge() : Status::OK();
}

Awaitable<Result<size_t>> BodyReader::ReadSome(std::span<uint8_t> space) {
  if (at_end()) co_return size_t{0};
  if (continue_due_) {
    const Status said = co_await SayContinue();
    if (!said.ok()) co_return said;
  }
  Result<size_t> bytes = size_t{0};
  if (chunked_) {
    bytes = co_await ReadChunked(space);
  } else {
    bytes = co_await ReadPlain(space);
  }
  if (!bytes.ok()) co_return WithContext("reading the body", bytes.status());
  co_return Account(space.first(*bytes));
}

Result<size_t> BodyReader::TakeReceived(std::span<uint8_t> space) {
  if (chunked_ || continue_due_) return size_t{0};
  return Account(space.first(CopyReceived(space)));
}

// Of a body with a length. \return bytes.
size_t BodyReader::CopyReceived(std::span<uint8_t> space) {
  boost::beast::flat_buffer& unread = transport_.unread();
  const size_t received = static_cast<size_t>(std::min<uint64_t>(unread.size(), length_left_));
  const size_t taken = std::min(space.size(), received);
  if (taken == 0) return 0;
  std::memcpy(space.data(), unread.data().data(), taken);
  unread.consume(taken);
  length_left_ -= taken;
  return taken;
}

// Of bytes that are the caller's now.
Result<size_t> BodyReader::Account(std::span<const uint8_t> bytes) {
  bytes_read_ += static_cast<int64_t>(bytes.size());
  if (bytes_max_ > 0 && bytes_read_ > bytes_max_) return TooLarge();
  if (on_bytes_) on_bytes_(bytes);
  return bytes.size();
}

Awaitable<Result<std::string>> BodyReader::ReadAll() {
  std::string body;
  while (!at_end()) {
    const size_t filled = body.size();
    body.resize(filled + kStepBytes);
    auto* const space = reinterpret_cast<uint8_t*>(body.data()) + filled;
    const Result<size_t> bytes = co_await ReadSome({space, kStepBytes});
    if (!bytes.ok()) co_return bytes.status();
    body.resize(filled + *bytes);
  }
  co_return body;
}

void BodyReader::DiscardReceived() {
  if (chunked_ || length_left_ > transport_.unread().size()) return;
  transport_.unread().consume(length_left_);
  length_left_ = 0;
}

Awaitable<Status> BodyReader::SayContinue() {
  continue_due_ = false;
  // A client that did not wait needs no word.
  if (transport_.unread().size() > 0) co_return Status::OK();
  constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  std::array<asio::const_buffer, 1> pieces{asio::buffer(kContinue)};
  co_return co_await transport_.Write(pieces, idle_timeout_);
}

Awaitable<Result<size_t>> BodyReader::ReadPlain(std::span<uint8_t> space) {
  const size_t received = CopyReceived(space);
  if (received > 0) co_return received;
  space = space.first(std::min<uint64_t>(space.size(), length_left_));
  boost::beast::flat_buffer& unread = transport_.unread();
  const uint64_t behind = length_left_ - space.size();
  const auto room = static_cast<size_t>(std::min<uint64_t>(behind, kSpillBytes));
  const asio::mutable_buffer spill = unread.prepare(std::min(room, unread.max_size()));
  const asio::mutable_buffer wanted(space.data(), space.size());
  const Result<size_t> bytes = co_await transport_.ReadSome(wanted, spill, idle_timeout_);
  if (!bytes.ok()) co_return bytes.status();
  if (*bytes == 0) co_return ClientLeft();
  const size_t taken = std::min(*bytes, space.size());
  unread.commit(*bytes - taken);
  length_left_ -= taken;
  co_return taken;
}

Awaitable<Result<size_t>> BodyReader::ReadChunked(std::span<uint8_t> space) {
  namespace beast_http = boost::beast::http;
  boost::beast::flat_buffer& unread = transport_.unread();
  beast_http::buffer_body::value_type& body = parser_.get().body();
  body.data = space.data();
  body.size = space.size();
  for (;;) {
    boost::system::error_code error = beast_http::error::need_more;
    if (unread.size() > 0) {
      unread.consume(parser_.put(unread.data(), error));
      const size_t filled = space.size() - body.size;
      if (filled > 0 || parser_.is_done()) co_return filled;
    }
    if (error && error != beast_http::error::need_more) {
      co_return MakeError(ErrorKind::kInvalidInput, "broken chunk: " + error.message());
    }
    if (!error && unread.size() > 0) continue;
    const Result<size_t> more = co_await transport_.ReadMore(kChunkedReadBytes, idle_timeout_);
    if (!more.ok()) co_return more.status();
    if (*more == 0) co_return ClientLeft();
  }
}

Status BodyReader::TooLarge() const {
  return MakeError(ErrorKind::kTooLarge, "the body has more than " + std::to_string(bytes_max_) +
                                             " bytes (" + limit_name_ + ")");
}

Status BodyReader::ClientLeft() const {
  std::string message = "the client left after " + std::to_string(bytes_read_) + " bytes";
  if (!chunked_) {
    message += " of " + std::to_string(static_cast<uint64_t>(bytes_read_) + length_left_);
  }
  return MakeError(ErrorKind::kCancelled, std::move(message));
}

}  // namespace arrowport::http
