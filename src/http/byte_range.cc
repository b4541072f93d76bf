#include "http/byte_range.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include <boost/beast/core/string.hpp>

#include "base/error.h"

namespace arrowport::http {
namespace {

constexpr std::string_view kUnit = "bytes=";

std::string_view Trimmed(std::string_view text) {
  const size_t begin = std::min(text.find_first_not_of(" \t"), text.size());
  text.remove_prefix(begin);
  return text.substr(0, text.find_last_not_of(" \t") + 1);
}

// Digits alone; nothing for other text and for numbers that no file has bytes for.
std::optional<int64_t> NumberOf(std::string_view text) {
  if (text.empty() || text.front() == '-') return std::nullopt;
  int64_t number = 0;
  const auto read = std::from_chars(text.begin(), text.end(), number);
  if (read.ec == std::errc::result_out_of_range) return INT64_MAX;
  if (read.ec != std::errc() || read.ptr != text.end()) return std::nullopt;
  return number;
}

Status BehindTheEnd(std::string_view field, int64_t bytes) {
  return MakeError(ErrorKind::kRangeNotSatisfiable, "Range '" + std::string(field) +
                                                        "' lies behind the end of " +
                                                        std::to_string(bytes) + " bytes");
}

}  // namespace

Result<std::optional<ByteRange>> ReadRange(std::string_view field, int64_t bytes) {
  const auto unit = field.substr(0, kUnit.size());
  if (!boost::beast::iequals({unit.data(), unit.size()}, {kUnit.data(), kUnit.size()})) {
    return std::nullopt;
  }
  const std::string_view range = Trimmed(field.substr(kUnit.size()));
  const size_t hyphen = range.find('-');
  if (hyphen == std::string_view::npos) return std::nullopt;
  const std::string_view first_text = range.substr(0, hyphen);
  const std::string_view last_text = range.substr(hyphen + 1);
  const auto first = NumberOf(first_text);
  const auto last = NumberOf(last_text);
  if ((!first && !first_text.empty()) || (!last && !last_text.empty())) return std::nullopt;
  if (!first && !last) return std::nullopt;
  if (!first) {
    if (*last == 0 || bytes == 0) return BehindTheEnd(field, bytes);
    return ByteRange{.first = std::max<int64_t>(bytes - *last, 0), .last = bytes - 1};
  }
  if (last && *last < *first) return std::nullopt;
  if (*first >= bytes) return BehindTheEnd(field, bytes);
  return ByteRange{.first = *first, .last = std::min(last.value_or(INT64_MAX), bytes - 1)};
}

std::string ContentRange(const ByteRange& range, int64_t bytes) {
  return "bytes " + std::to_string(range.first) + "-" + std::to_string(range.last) + "/" +
         std::to_string(bytes);
}

std::string ContentRange(int64_t bytes) { return "bytes */" + std::to_string(bytes); }

}  // namespace arrowport::http
