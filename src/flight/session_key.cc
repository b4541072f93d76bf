#include "flight/session_key.h"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <string>
#include <string_view>

#include <arrow/flight/middleware.h>
#include <arrow/flight/server.h>

#include "base/ids.h"
#include "service/client_sessions.h"

namespace arrowport::flight {
namespace {

using arrow::flight::FlightMethod;

constexpr std::string_view kCookie = "arrowport_session=";
constexpr std::string_view kBearer = "Bearer ";
constexpr std::string_view kToken = "anonymous-";

// Of NewId.
constexpr size_t kIdDigits = 32;

bool IsId(std::string_view text) {
  return text.size() == kIdDigits &&
         std::ranges::all_of(text, [](unsigned char letter) { return std::isxdigit(letter) != 0; });
}

// Of a header like "a=1; arrowport_session=…; b=2".
std::string_view IdInCookies(std::string_view cookies) {
  for (size_t begin = 0; begin < cookies.size();) {
    const size_t end = std::min(cookies.find(';', begin), cookies.size());
    std::string_view cookie = cookies.substr(begin, end - begin);
    cookie.remove_prefix(std::min(cookie.find_first_not_of(' '), cookie.size()));
    if (cookie.starts_with(kCookie) && IsId(cookie.substr(kCookie.size()))) {
      return cookie.substr(kCookie.size());
    }
    begin = end + 1;
  }
  return {};
}

std::string_view IdInToken(std::string_view authorization) {
  if (!authorization.starts_with(kBearer)) return {};
  std::string_view token = authorization.substr(kBearer.size());
  if (!token.starts_with(kToken)) return {};
  token.remove_prefix(kToken.size());
  return IsId(token) ? token : std::string_view();
}

bool MayBegin(FlightMethod method) {
  return method == FlightMethod::Handshake || method == FlightMethod::GetFlightInfo ||
         method == FlightMethod::DoAction;
}

}  // namespace

service::SessionKey SessionOf(FlightMethod method,
                              const arrow::flight::ServerCallContext& context) {
  const auto& headers = context.incoming_headers();
  for (auto [header, end] = headers.equal_range("cookie"); header != end; ++header) {
    const auto id = IdInCookies(header->second);
    if (!id.empty()) return {.id = std::string(id)};
  }
  for (auto [header, end] = headers.equal_range("authorization"); header != end; ++header) {
    const auto id = IdInToken(header->second);
    if (!id.empty()) return {.id = std::string(id)};
  }
  if (!MayBegin(method)) return {};
  return {.id = NewId(), .is_new = true};
}

std::string CookieOf(const service::SessionKey& session) {
  return std::string(kCookie) + session.id;
}

std::string NewToken() { return std::string(kToken) + NewId(); }

}  // namespace arrowport::flight
