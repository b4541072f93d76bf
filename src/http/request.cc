#include "http/request.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/field.hpp>

#include "base/call_control.h"
#include "base/error.h"
#include "base/ids.h"
#include "http/parameters.h"
#include "http/server.h"
#include "http/socket.h"
#include "http/target.h"
#include "http/transport.h"

namespace arrowport::http {
namespace {

namespace beast_http = boost::beast::http;

// Received at once for a head; most are smaller, and what is over belongs to the body.
constexpr size_t kHeadReadBytes = size_t{16} * 1024;

std::string_view View(boost::beast::string_view text) { return {text.data(), text.size()}; }

Status NotHttp(const boost::system::error_code& error) {
  return MakeError(ErrorKind::kInvalidInput, "this is not an HTTP request: " + error.message());
}

Status HeaderTooLarge(int64_t bytes_max) {
  return MakeError(ErrorKind::kTooLarge, "the request's header has more than " +
                                             std::to_string(bytes_max) +
                                             " bytes (header_bytes_max)");
}

// A line end before the request line is what some clients put behind a body.
void SkipEmptyLines(boost::beast::flat_buffer& unread) {
  while (unread.size() > 0) {
    const char first = *static_cast<const char*>(unread.data().data());
    if (first != '\r' && first != '\n') return;
    unread.consume(1);
  }
}

// Whether a field goes on in a second line. Beast joins such lines; others on the way may not.
bool HasFoldedField(std::string_view head) {
  return head.find("\r\n ") != std::string_view::npos ||
         head.find("\r\n\t") != std::string_view::npos;
}

Status FoldedField() {
  return MakeError(ErrorKind::kInvalidInput,
                   "a header field goes on in a second line, which HTTP has given up (obs-fold); "
                   "send each field in one line");
}

bool IsSaneId(std::string_view id) {
  constexpr size_t kIdBytesMax = 128;
  static constexpr std::string_view kOthers = "-_.:/+=@";
  const auto sane = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kOthers.find(c) != std::string_view::npos;
  };
  return !id.empty() && id.size() <= kIdBytesMax && std::all_of(id.begin(), id.end(), sane);
}

// "example.com:8888" of "http://example.com:8888".
std::string_view AuthorityOf(std::string_view origin) {
  const size_t scheme = origin.find("://");
  return scheme == std::string_view::npos ? std::string_view() : origin.substr(scheme + 3);
}

template <typename Name>
std::string Joined(const beast_http::fields& fields, const Name& name) {
  std::string joined;
  const auto [first, last] = fields.equal_range(name);
  for (auto field = first; field != last; ++field) {
    if (field != first) joined += ", ";
    joined += View(field->value());
  }
  return joined;
}

}  // namespace

Awaitable<Status> ReadHead(Transport& transport, RequestParser& parser,
                           const HttpOptions& options) {
  const Clock::time_point deadline = Clock::now() + options.header_timeout;
  // The parser only sees what it did not take yet, so the whole is counted here.
  int64_t bytes = 0;
  parser.header_limit(static_cast<uint32_t>(options.header_bytes_max));
  parser.body_limit(boost::none);
  SkipEmptyLines(transport.unread());
  for (;;) {
    boost::system::error_code error = beast_http::error::need_more;
    if (transport.unread().size() > 0) {
      const auto received = transport.unread().data();
      const size_t taken = parser.put(received, error);
      const bool is_folded = HasFoldedField({static_cast<const char*>(received.data()), taken});
      transport.unread().consume(taken);
      if (is_folded) co_return FoldedField();
      bytes += static_cast<int64_t>(taken);
    }
    if (error == beast_http::error::header_limit || bytes > options.header_bytes_max) {
      co_return HeaderTooLarge(options.header_bytes_max);
    }
    if (parser.is_header_done()) co_return Status::OK();
    if (error && error != beast_http::error::need_more) co_return NotHttp(error);
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
    const Result<size_t> more =
        co_await transport.ReadMore(kHeadReadBytes, std::max(left, std::chrono::milliseconds(1)));
    if (!more.ok() && KindOf(more.status()) == ErrorKind::kTooLarge) {
      co_return HeaderTooLarge(options.header_bytes_max);
    }
    if (!more.ok()) co_return WithContext("reading the request's header", more.status());
    if (*more == 0) {
      co_return MakeError(ErrorKind::kCancelled, "the client left within the request's header");
    }
  }
}

Request::Request(const RequestParser& parser) : parser_(parser) {
  id_ = Header("X-Request-Id");
  if (!IsSaneId(id_)) id_ = NewId();
  framing_ = CheckFraming();
  Result<Target> target = ParseTarget(View(parser.get().target()));
  if (target.ok()) {
    target_ = *std::move(target);
    fault_ = ReadTimeout();
  } else {
    fault_ = target.status();
  }
}

Status Request::Check() const {
  ARROW_RETURN_NOT_OK(framing_);
  ARROW_RETURN_NOT_OK(fault_);
  ARROW_RETURN_NOT_OK(CheckHost());
  return CheckOrigin();
}

std::string_view Request::method_name() const { return View(parser_.get().method_string()); }

bool Request::expects_continue() const {
  return !is_http_1_0() && boost::beast::iequals(Header(beast_http::field::expect), "100-continue");
}

std::string Request::Header(beast_http::field name) const { return Joined(parser_.get(), name); }

std::optional<int64_t> Request::content_length() const {
  const auto length = parser_.content_length();
  if (!length) return std::nullopt;
  return static_cast<int64_t>(std::min<uint64_t>(*length, std::numeric_limits<int64_t>::max()));
}

std::string Request::Header(std::string_view name) const {
  return Joined(parser_.get(), boost::beast::string_view(name.data(), name.size()));
}

Status Request::ReadTimeout() {
  const std::string text = Header("X-Arrowport-Timeout-Ms");
  if (text.empty()) return Status::OK();
  const auto value = ReadWholeNumber(text, {.min = 1, .max = kCallTimeoutMax.count()});
  if (!value) {
    return MakeError(ErrorKind::kInvalidInput, "X-Arrowport-Timeout-Ms '" + text +
                                                   "' is not a number from 1 to " +
                                                   std::to_string(kCallTimeoutMax.count()));
  }
  timeout_ = std::chrono::milliseconds(*value);
  return Status::OK();
}

// Beast takes what RFC 9112 lets a lenient server take. A proxy in front may be lenient in another
// way, and what one of both takes for a body is to the other the next request.
Status Request::CheckFraming() const {
  const auto& fields = parser_.get();
  const auto codings = fields.count(beast_http::field::transfer_encoding);
  const auto lengths = fields.count(beast_http::field::content_length);
  const auto refuse = [](std::string message) {
    return MakeError(ErrorKind::kInvalidInput, std::move(message));
  };
  if (codings == 0) {
    const std::string length = Header(beast_http::field::content_length);
    if (lengths <= 1 && length.find(',') == std::string::npos) return Status::OK();
    return refuse("Content-Length '" + length + "' is more than one number; send one");
  }
  if (is_http_1_0()) return refuse("Transfer-Encoding needs HTTP/1.1; send Content-Length");
  if (lengths > 0) return refuse("send either Content-Length or Transfer-Encoding, not both");
  const std::string coding = Header(beast_http::field::transfer_encoding);
  if (codings == 1 && boost::beast::iequals(coding, "chunked")) return Status::OK();
  return refuse("Transfer-Encoding '" + coding + "' is not taken; send 'chunked'");
}

Status Request::CheckHost() const {
  const auto hosts = parser_.get().count(beast_http::field::host);
  if (hosts == 1 || (hosts == 0 && is_http_1_0())) return Status::OK();
  return MakeError(ErrorKind::kInvalidInput,
                   "a request must have one Host field, this one has " + std::to_string(hosts));
}

Status Request::CheckOrigin() const {
  const std::string origin = Header(beast_http::field::origin);
  const bool safe = method() == Method::get || method() == Method::head;
  if (safe && IsPartOfForeignPage()) {
    return MakeError(ErrorKind::kForbidden,
                     "a web page of another origin may link to this, and not load it");
  }
  if (safe || origin.empty() ||
      boost::beast::iequals(AuthorityOf(origin), Header(beast_http::field::host))) {
    return Status::OK();
  }
  return MakeError(ErrorKind::kForbidden,
                   "a web page of another origin ('" + origin + "') may not do this");
}

// Browsers say so in these fields, which pages cannot set; others leave them out.
bool Request::IsPartOfForeignPage() const {
  const std::string site = Header("Sec-Fetch-Site");
  if (site != "cross-site" && site != "same-site") return false;
  return Header("Sec-Fetch-Mode") != "navigate" || Header("Sec-Fetch-Dest") != "document";
}

}  // namespace arrowport::http
