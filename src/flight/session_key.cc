#include "flight/session_key.h"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "rpc/metadata.h"
#include "rpc/stream.h"
#include "service/client_sessions.h"

namespace arrowport::flight {
namespace {

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

}  // namespace

service::SessionKey SessionOf(const rpc::Request& request, bool may_begin) {
  for (const rpc::Header& header : request.headers) {
    if (header.name != "cookie") continue;
    const auto id = IdInCookies(header.value);
    if (!id.empty()) return {.id = std::string(id)};
  }
  for (const rpc::Header& header : request.headers) {
    if (header.name != "authorization") continue;
    const auto id = IdInToken(header.value);
    if (!id.empty()) return {.id = std::string(id)};
  }
  if (!may_begin) return {};
  return {.id = NewId(), .is_new = true};
}

std::string CookieOf(const service::SessionKey& session) {
  return std::string(kCookie) + session.id;
}

std::string NewToken() { return std::string(kToken) + NewId(); }

}  // namespace arrowport::flight
