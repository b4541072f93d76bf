#include "http/target.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <arrow/util/utf8.h>

#include "base/error.h"

namespace arrowport::http {
namespace {

// Parameters of one query beyond which it is refused.
constexpr size_t kParametersMax = 64;

// SQL has lines, also as a parameter's value.
constexpr std::string_view kSpaces = "\t\r\n";

std::optional<int> HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

Status ParseQuery(std::string_view query, Target* target) {
  while (!query.empty()) {
    const size_t end = std::min(query.find('&'), query.size());
    std::string pair(query.substr(0, end));
    query.remove_prefix(std::min(end + 1, query.size()));
    if (pair.empty()) continue;
    if (target->parameters.size() == kParametersMax) {
      return MakeError(ErrorKind::kInvalidInput,
                       "the query has more than " + std::to_string(kParametersMax) + " parameters");
    }
    // In a query, as forms write it, a plus is a space.
    std::replace(pair.begin(), pair.end(), '+', ' ');
    const size_t equals = std::min(pair.find('='), pair.size());
    ARROW_ASSIGN_OR_RAISE(std::string name,
                          DecodePercent(std::string_view(pair).substr(0, equals)));
    ARROW_ASSIGN_OR_RAISE(
        std::string value,
        DecodePercent(std::string_view(pair).substr(std::min(equals + 1, pair.size())), kSpaces));
    target->parameters.emplace_back(std::move(name), std::move(value));
  }
  return Status::OK();
}

}  // namespace

std::optional<std::string_view> Target::Parameter(std::string_view name) const {
  for (const auto& [key, value] : parameters) {
    if (key == name) return value;
  }
  return std::nullopt;
}

Result<Target> ParseTarget(std::string_view text) {
  constexpr std::string_view kScheme = "http://";
  if (text.starts_with(kScheme)) {
    text.remove_prefix(kScheme.size());
    text.remove_prefix(std::min(text.find('/'), text.size()));
    if (text.empty()) text = "/";
  }
  if (!text.starts_with('/')) {
    return MakeError(ErrorKind::kInvalidInput, "the request target must begin with '/'");
  }
  Target target;
  const size_t end = std::min(text.find('?'), text.size());
  target.path = text.substr(0, end);
  ARROW_RETURN_NOT_OK(ParseQuery(text.substr(std::min(end + 1, text.size())), &target));
  return target;
}

Result<std::string> DecodePercent(std::string_view text, std::string_view controls) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      const auto high = i + 2 < text.size() ? HexValue(text[i + 1]) : std::nullopt;
      const auto low = i + 2 < text.size() ? HexValue(text[i + 2]) : std::nullopt;
      if (!high || !low) {
        return MakeError(ErrorKind::kInvalidInput,
                         "the request target has a '%' without two hexadecimal digits behind it");
      }
      c = static_cast<char>(*high * 16 + *low);
      i += 2;
    }
    const bool is_control = static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    if (is_control && controls.find(c) == std::string_view::npos) {
      return MakeError(ErrorKind::kInvalidInput, "the request target has a control character");
    }
    decoded.push_back(c);
  }
  if (!IsUtf8(decoded)) {
    return MakeError(ErrorKind::kInvalidInput, "the request target is not UTF-8 once decoded");
  }
  return decoded;
}

bool IsUtf8(std::string_view text) {
  [[maybe_unused]] static const bool kReady = [] {
    arrow::util::InitializeUTF8();
    return true;
  }();
  return arrow::util::ValidateUTF8(text);
}

}  // namespace arrowport::http
