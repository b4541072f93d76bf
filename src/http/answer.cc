#include "http/answer.h"

#include <array>
#include <ctime>
#include <ostream>  // IWYU pragma: keep (Beast's status.hpp writes to one without including it)
#include <string>
#include <string_view>
#include <utility>

#include <boost/beast/http/status.hpp>

namespace arrowport::http {
namespace {

std::string_view ReasonOf(int status) {
  // Beast does not know the one that servers use for a client that went away.
  if (status == 499) return "Client Closed Request";
  const auto reason = boost::beast::http::obsolete_reason(
      boost::beast::http::int_to_status(static_cast<unsigned>(status)));
  return {reason.data(), reason.size()};
}

// The date changes once a second and is asked for with every answer.
std::string_view HttpDate() {
  struct Cached {
    std::time_t second = 0;
    std::array<char, 32> text{};
    size_t size = 0;
  };
  thread_local Cached cached;
  const std::time_t now = std::time(nullptr);
  if (now != cached.second) {
    std::tm parts{};
    gmtime_r(&now, &parts);
    cached.size =
        std::strftime(cached.text.data(), cached.text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
    cached.second = now;
  }
  return {cached.text.data(), cached.size};
}

void AddField(std::string* head, std::string_view name, std::string_view value) {
  head->append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

Answer NoContent() { return {.status = kNoContent, .content_type = "", .body = "", .fields = {}}; }

Answer NotModified(HeaderFields fields) {
  return {.status = kNotModified, .content_type = "", .body = "", .fields = std::move(fields)};
}

std::string FormatHead(const Head& head) {
  std::string text;
  text.reserve(384);
  text.append("HTTP/1.1 ").append(std::to_string(head.status)).append(" ");
  text.append(ReasonOf(head.status)).append("\r\n");
  AddField(&text, "Server", "arrowport");
  AddField(&text, "Date", HttpDate());
  if (!head.content_type.empty()) AddField(&text, "Content-Type", head.content_type);
  if (head.framing == Framing::kChunked) AddField(&text, "Transfer-Encoding", "chunked");
  if (head.framing == Framing::kLength) {
    AddField(&text, "Content-Length", std::to_string(head.content_length));
  }
  AddField(&text, "X-Request-Id", head.request_id);
  // Said in both cases: HTTP/1.0 closes by default, and 1.1 keeps.
  AddField(&text, "Connection", head.keep_alive ? "keep-alive" : "close");
  if (head.fields != nullptr) {
    for (const auto& [name, value] : *head.fields) AddField(&text, name, value);
  }
  text.append("\r\n");
  return text;
}

}  // namespace arrowport::http
