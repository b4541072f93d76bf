#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/verb.hpp>

#include "base/error.h"
#include "http/server.h"
#include "http/socket.h"
#include "http/target.h"
#include "http/transport.h"

namespace arrowport::http {

using Method = boost::beast::http::verb;
using RequestParser = boost::beast::http::request_parser<boost::beast::http::buffer_body>;

/// A call may not ask for a longer time than this.
inline constexpr std::chrono::milliseconds kCallTimeoutMax = std::chrono::hours(24);

/// Reads the head of a request into `parser`, from what was received ahead and then from the peer;
/// the body's first bytes may then lie in `transport.unread()`.
/// \return kInvalidInput when it is not HTTP/1.0 or 1.1, kTooLarge, kRequestTimeout, or kCancelled
/// when the peer went away.
Awaitable<Status> ReadHead(Transport& transport, RequestParser& parser, const HttpOptions& options);

/// The head of a request, as handlers see it.
class Request {
 public:
  /// Reads what `parser`, which is kept by reference, has of the head.
  explicit Request(const RequestParser& parser);

  /// OK, or why the request cannot be served whatever its route is: a body whose end can be
  /// understood in two ways (RFC 9112, section 6.3), no or several Host fields, a target or a
  /// timeout that makes no sense, or what a web page of another origin asks (kForbidden): a browser
  /// sends such requests for any page, with whatever access the machine that it runs on has. That
  /// is any POST, and what a page makes its browser GET by itself: it cannot read the answer, but a
  /// query costs what it costs. A link that a person follows is theirs.
  [[nodiscard]] Status Check() const;

  [[nodiscard]] Method method() const { return parser_.get().method(); }
  [[nodiscard]] std::string_view method_name() const;
  [[nodiscard]] const Target& target() const { return target_; }
  [[nodiscard]] bool is_http_1_0() const { return parser_.get().version() < 11; }
  /// Whether another request may follow. Never behind a body whose end is not known for sure: what
  /// the client or a proxy meant as its body would be read as that request.
  [[nodiscard]] bool keep_alive() const { return framing_.ok() && parser_.keep_alive(); }
  [[nodiscard]] bool expects_continue() const;

  /// The client's own `X-Request-Id` when it is 1 to 128 letters, digits or `-_.:/+=@`; a new one
  /// otherwise.
  [[nodiscard]] const std::string& id() const { return id_; }

  /// Of the body, where the client says it.
  [[nodiscard]] std::optional<int64_t> content_length() const;

  /// `X-Arrowport-Timeout-Ms`.
  [[nodiscard]] std::optional<std::chrono::milliseconds> timeout() const { return timeout_; }

  /// The value of a field; several of one name are joined by commas. Empty when it is missing.
  [[nodiscard]] std::string Header(boost::beast::http::field name) const;
  [[nodiscard]] std::string Header(std::string_view name) const;

 private:
  Status ReadTimeout();
  [[nodiscard]] Status CheckFraming() const;
  [[nodiscard]] Status CheckHost() const;
  [[nodiscard]] Status CheckOrigin() const;
  [[nodiscard]] bool IsPartOfForeignPage() const;

  const RequestParser& parser_;
  std::string id_;
  Target target_;
  std::optional<std::chrono::milliseconds> timeout_;
  Status framing_;
  Status fault_;
};

}  // namespace arrowport::http
