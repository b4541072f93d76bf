#include "client/http_connection.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/buffers_suffix.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>

#include "base/error.h"
#include "client/address.h"
#include "client/client.h"
#include "stream/batch_encoder.h"

namespace arrowport::client {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;

// What is asked for in smaller pieces is read ahead into the buffer, and so is framing.
constexpr size_t kReadAheadBytes = size_t{64} * 1024;
constexpr size_t kHeadBytesMax = size_t{64} * 1024;

Status Unavailable(std::string message) {
  return MakeError(ErrorKind::kUnavailable, std::move(message));
}

Status ExplainConnect(const error_code& error, std::chrono::milliseconds timeout) {
  if (error == asio::error::connection_refused) {
    return Unavailable("connection refused; is a server running there? arrowport serve starts one");
  }
  if (error == beast::error::timeout) {
    return Unavailable("no connection within " + std::to_string(timeout.count()) +
                       " ms; is a server running there?");
  }
  return Unavailable("cannot connect: " + error.message());
}

// "1f00\r\n"
std::string SizeLine(size_t bytes) {
  char digits[2 * sizeof(bytes)];
  const auto end = std::to_chars(digits, digits + sizeof(digits), bytes, 16).ptr;
  return std::string(digits, end) + "\r\n";
}

// Nothing for a date, or anything else.
std::optional<std::chrono::seconds> ReadSeconds(std::string_view text) {
  int seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc{} || end != text.data() + text.size() || seconds < 0) return std::nullopt;
  return std::chrono::seconds(seconds);
}

}  // namespace

Result<std::unique_ptr<HttpConnection>> HttpConnection::Open(const Address& address,
                                                             const ClientOptions& options) {
  std::unique_ptr<HttpConnection> connection(new HttpConnection(address, options));
  ARROW_RETURN_NOT_OK(connection->Connect(address, options.connect_timeout));
  return connection;
}

HttpConnection::HttpConnection(const Address& address, const ClientOptions& options)
    : authority_(address.Authority()), idle_timeout_(options.idle_timeout), io_(1), stream_(io_) {}

// Runs what `start` begins, and whatever else is under way, until the former is over.
template <typename Start>
HttpConnection::Outcome HttpConnection::Await(std::chrono::milliseconds timeout, Start start) {
  Outcome outcome;
  if (interrupted_) return {asio::error::operation_aborted, 0};
  bool over = false;
  stream_.expires_after(timeout);
  start([&](const error_code& error, size_t bytes) {
    outcome = {error, bytes};
    over = true;
  });
  io_.restart();
  while (!over) io_.run_one();
  return outcome;
}

Status HttpConnection::Connect(const Address& address, std::chrono::milliseconds timeout) {
  error_code error;
  asio::ip::tcp::resolver resolver(io_);
  const auto endpoints = resolver.resolve(address.host, std::to_string(address.port), error);
  if (error) return Unavailable("the host cannot be found: " + error.message());
  const Outcome outcome = Await(timeout, [&](auto done) {
    stream_.async_connect(
        endpoints, [done](const error_code& ec, const auto& /*endpoint*/) mutable { done(ec, 0); });
  });
  if (outcome.error) return ExplainConnect(outcome.error, timeout);
  // Messages are written whole; waiting for more to fill a packet would only cost time.
  stream_.socket().set_option(asio::ip::tcp::no_delay(true), error);
  return Status::OK();
}

void HttpConnection::Interrupt() {
  // Only the thread that runs the connection may touch it, so it is told.
  asio::post(io_, [this] {
    interrupted_ = true;
    stream_.cancel();
  });
}

bool HttpConnection::IsReusable() {
  // An interrupt that came as the exchange before ended.
  io_.restart();
  io_.poll();
  if (interrupted_ || in_exchange_ || !keep_alive_ || buffer_.size() > 0) return false;
  error_code error;
  stream_.socket().non_blocking(true, error);
  char byte = 0;
  stream_.socket().receive(asio::buffer(&byte, 1), asio::socket_base::message_peek, error);
  return error == asio::error::would_block;
}

std::string HttpConnection::FormatHead(const HttpRequest& request,
                                       std::optional<size_t> length) const {
  std::string head(request.method);
  head +=
      " " + request.target + " HTTP/1.1\r\nHost: " + authority_ + "\r\nUser-Agent: arrowport\r\n";
  if (!request.accept.empty()) head += "Accept: " + std::string(request.accept) + "\r\n";
  if (!request.content_type.empty()) {
    head += "Content-Type: " + std::string(request.content_type) + "\r\n";
    head += length ? "Content-Length: " + std::to_string(*length) + "\r\n"
                   : std::string("Transfer-Encoding: chunked\r\n");
  }
  for (const auto& [name, value] : request.fields) {
    head += name;
    head += ": " + value + "\r\n";
  }
  return head + "\r\n";
}

Status HttpConnection::Send(const HttpRequest& request, std::string_view body) {
  in_exchange_ = true;
  const std::string head = FormatHead(request, body.size());
  return Write({asio::buffer(head), asio::buffer(body)}).status();
}

Status HttpConnection::BeginUpload(const HttpRequest& request) {
  in_exchange_ = true;
  WatchForAnswer();
  const std::string head = FormatHead(request, std::nullopt);
  return Write({asio::buffer(head)}).status();
}

Result<bool> HttpConnection::Upload(const stream::Buffers& pieces) {
  size_t bytes = 0;
  std::vector<asio::const_buffer> buffers(1);
  for (const auto& piece : pieces) {
    if (piece->size() == 0) continue;
    buffers.emplace_back(piece->data(), static_cast<size_t>(piece->size()));
    bytes += static_cast<size_t>(piece->size());
  }
  // A chunk without bytes would be the end.
  if (bytes == 0) return !answered_early_;
  const std::string size_line = SizeLine(bytes);
  buffers.front() = asio::buffer(size_line);
  buffers.push_back(asio::buffer("\r\n", 2));
  return Write(buffers);
}

Result<bool> HttpConnection::EndUpload() {
  static constexpr std::string_view kLastChunk = "0\r\n\r\n";
  auto sent = Write({asio::buffer(kLastChunk)});
  StopWatching();
  return sent;
}

// \return false when the server has answered before all was written.
Result<bool> HttpConnection::Write(const std::vector<asio::const_buffer>& buffers) {
  beast::buffers_suffix<std::vector<asio::const_buffer>> left(buffers);
  while (!answered_early_ && beast::buffer_bytes(left) > 0) {
    const Outcome outcome =
        Await(idle_timeout_, [&](auto done) { stream_.async_write_some(left, std::move(done)); });
    left.consume(outcome.bytes);
    if (!outcome.error || answered_early_) continue;
    if (outcome.error != asio::error::broken_pipe &&
        outcome.error != asio::error::connection_reset) {
      return Lost("sending", outcome.error);
    }
    // What the server said before it closed may still be there to be read.
    answered_early_ = true;
  }
  const bool sent = beast::buffer_bytes(left) == 0;
  keep_alive_ = keep_alive_ && sent;
  return sent;
}

void HttpConnection::WatchForAnswer() {
  watching_ = true;
  stream_.socket().async_wait(asio::socket_base::wait_read, [this](const error_code& error) {
    watching_ = false;
    if (error) return;
    answered_early_ = true;
    error_code ignored;
    stream_.socket().cancel(ignored);
  });
}

void HttpConnection::StopWatching() {
  if (!watching_) return;
  error_code ignored;
  stream_.socket().cancel(ignored);
  io_.restart();
  while (watching_) io_.run_one();
}

Result<HttpHead> HttpConnection::ReadHead() {
  StopWatching();
  answered_early_ = false;
  for (;;) {
    http::parser<false, http::buffer_body> parser;
    parser.header_limit(kHeadBytesMax);
    parser.body_limit(boost::none);
    const Outcome outcome = Await(idle_timeout_, [&](auto done) {
      http::async_read_header(stream_, buffer_, parser, std::move(done));
    });
    if (outcome.error) return Lost("waiting for the answer", outcome.error);
    const auto& head = parser.get();
    // An interim answer comes before the one that counts.
    if (head.result_int() < 200) continue;
    keep_alive_ = keep_alive_ && parser.keep_alive();
    body_bytes_ = 0;
    framing_.reset();
    length_left_.reset();
    if (parser.chunked()) {
      framing_.emplace();
    } else if (head.result_int() == 204) {
      length_left_ = 0;
    } else if (const auto length = parser.content_length()) {
      length_left_ = *length;
    }
    return HttpHead{.status = static_cast<int>(head.result_int()),
                    .content_type = std::string(head[http::field::content_type]),
                    .retry_after = ReadSeconds(head[http::field::retry_after])};
  }
}

std::string_view HttpConnection::buffered() const {
  return {static_cast<const char*>(buffer_.data().data()), buffer_.size()};
}

Result<size_t> HttpConnection::ReadBody(std::span<uint8_t> space) {
  for (;;) {
    uint64_t allowed = length_left_.value_or(space.size());
    if (framing_) {
      std::string_view rest = buffered();
      ARROW_RETURN_NOT_OK(framing_->Skip(&rest));
      buffer_.consume(buffer_.size() - rest.size());
      allowed = static_cast<uint64_t>(framing_->payload_left());
    }
    if (framing_ ? framing_->at_end() : length_left_ == 0U) {
      in_exchange_ = false;
      return 0;
    }
    size_t taken = std::min<uint64_t>(space.size(), allowed);
    if (allowed == 0 ||
        (buffer_.size() == 0 && taken < kReadAheadBytes && (framing_ || length_left_))) {
      ARROW_RETURN_NOT_OK(FillBuffer());
      continue;
    }
    if (buffer_.size() > 0) {
      taken = std::min(taken, buffer_.size());
      std::memcpy(space.data(), buffer_.data().data(), taken);
      buffer_.consume(taken);
    } else {
      ARROW_ASSIGN_OR_RAISE(taken, ReadSome(space.first(taken)));
    }
    body_bytes_ += static_cast<int64_t>(taken);
    if (framing_) framing_->TookPayload(static_cast<int64_t>(taken));
    if (length_left_) *length_left_ -= taken;
    return taken;
  }
}

Result<std::string> HttpConnection::ReadBodyText(size_t bytes_max) {
  std::string text;
  std::vector<uint8_t> space(kReadAheadBytes);
  for (;;) {
    ARROW_ASSIGN_OR_RAISE(const size_t bytes, ReadBody(space));
    if (bytes == 0) return text;
    if (text.size() + bytes > bytes_max) {
      return MakeError(ErrorKind::kTooLarge,
                       "the answer is larger than " + std::to_string(bytes_max) + " bytes");
    }
    text.append(reinterpret_cast<const char*>(space.data()), bytes);
  }
}

Status HttpConnection::FillBuffer() {
  const auto space = buffer_.prepare(kReadAheadBytes);
  ARROW_ASSIGN_OR_RAISE(const size_t bytes,
                        ReadSome(std::span(static_cast<uint8_t*>(space.data()), space.size())));
  buffer_.commit(bytes);
  return Status::OK();
}

// \return 0 only at the end of a body that ends with its connection.
Result<size_t> HttpConnection::ReadSome(std::span<uint8_t> space) {
  const Outcome outcome = Await(idle_timeout_, [&](auto done) {
    stream_.async_read_some(asio::buffer(space.data(), space.size()), std::move(done));
  });
  if (!outcome.error) return outcome.bytes;
  if (outcome.error == asio::error::eof && !framing_ && !length_left_) {
    keep_alive_ = false;
    in_exchange_ = false;
    return 0;
  }
  return Lost("reading the answer", outcome.error);
}

Status HttpConnection::Lost(std::string_view doing, const error_code& error) const {
  const std::string where = "while " + std::string(doing);
  if (interrupted_) return MakeError(ErrorKind::kCancelled, "cancelled " + where);
  if (error == beast::error::timeout) {
    return MakeError(ErrorKind::kDeadlineExceeded,
                     "nothing moved for " + std::to_string(idle_timeout_.count()) + " ms " + where);
  }
  if (body_bytes_ > 0) {
    return Unavailable("the answer broke off after " + std::to_string(body_bytes_) +
                       " bytes: the query failed in the middle, or the server went away");
  }
  if (error == asio::error::eof || error == http::error::end_of_stream ||
      error == http::error::partial_message || error == asio::error::connection_reset) {
    return Unavailable("the server closed the connection " + where);
  }
  return Unavailable("the connection was lost " + where + ": " + error.message());
}

}  // namespace arrowport::client
