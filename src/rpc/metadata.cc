#include "rpc/metadata.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <arrow/util/base64.h>

#include "base/error.h"

namespace arrowport::rpc {
namespace {

constexpr size_t kTimeoutDigitsMax = 8;

bool IsBinary(std::string_view name) { return name.ends_with("-bin"); }

bool IsPrintable(char letter) { return letter >= ' ' && letter <= '~'; }

Result<std::string> Decode(std::string_view name, std::string_view value) {
  std::string padded(value);
  constexpr size_t kGroup = 4;
  while (padded.size() % kGroup != 0) padded += '=';
  auto decoded = arrow::util::base64_decode(padded);
  if (decoded.ok()) return decoded;
  return MakeError(ErrorKind::kInvalidInput,
                   "the metadata '" + std::string(name) + "' is not base64");
}

// Clients write "no timeout" as the longest that they can.
template <typename Unit>
std::chrono::nanoseconds AtMostTenYears(int64_t count) {
  constexpr std::chrono::years kMost{10};
  return std::min<Unit>(Unit(count), std::chrono::duration_cast<Unit>(kMost));
}

}  // namespace

std::string ToWire(std::string_view name, std::string_view value) {
  if (!IsBinary(name)) {
    std::string text(value);
    std::ranges::replace_if(text, [](char letter) { return !IsPrintable(letter); }, '?');
    return text;
  }
  std::string encoded = arrow::util::base64_encode(value);
  encoded.resize(encoded.find_last_not_of('=') + 1);
  return encoded;
}

Result<std::vector<std::string>> FromWire(std::string_view name, std::string_view value) {
  if (!IsBinary(name)) return std::vector{std::string(value)};
  std::vector<std::string> values;
  for (;;) {
    const size_t comma = value.find(',');
    ARROW_ASSIGN_OR_RAISE(std::string decoded, Decode(name, value.substr(0, comma)));
    values.push_back(std::move(decoded));
    if (comma == std::string_view::npos) return values;
    value.remove_prefix(comma + 1);
  }
}

std::string PercentEncode(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(text.size());
  for (const char letter : text) {
    if (IsPrintable(letter) && letter != '%') {
      encoded += letter;
      continue;
    }
    const auto byte = static_cast<uint8_t>(letter);
    encoded += '%';
    encoded += kDigits[byte >> 4U];
    encoded += kDigits[byte & 0xFU];
  }
  return encoded;
}

std::optional<std::chrono::nanoseconds> ReadTimeout(std::string_view text) {
  if (text.size() < 2 || text.size() > kTimeoutDigitsMax + 1) return std::nullopt;
  int64_t count = 0;
  const char* const unit = text.data() + text.size() - 1;
  const auto [end, error] = std::from_chars(text.data(), unit, count);
  if (error != std::errc() || end != unit || count < 0) return std::nullopt;
  switch (*unit) {
    case 'H':
      return AtMostTenYears<std::chrono::hours>(count);
    case 'M':
      return AtMostTenYears<std::chrono::minutes>(count);
    case 'S':
      return AtMostTenYears<std::chrono::seconds>(count);
    case 'm':
      return AtMostTenYears<std::chrono::milliseconds>(count);
    case 'u':
      return AtMostTenYears<std::chrono::microseconds>(count);
    case 'n':
      return AtMostTenYears<std::chrono::nanoseconds>(count);
    default:
      return std::nullopt;
  }
}

}  // namespace arrowport::rpc
