#include "http/parameters.h"

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "base/error.h"
#include "http/target.h"

namespace arrowport::http {

Status BadParameter(std::string_view name, const std::string& why) {
  return MakeError(ErrorKind::kInvalidInput, "query parameter '" + std::string(name) + "' " + why);
}

Result<bool> BoolParameter(const Target& target, std::string_view name, bool otherwise) {
  const auto text = target.Parameter(name);
  if (!text.has_value()) return otherwise;
  if (*text != "true" && *text != "false") return BadParameter(name, "must be true or false");
  return *text == "true";
}

std::optional<int64_t> ReadWholeNumber(std::string_view text, WholeNumbers range) {
  int64_t value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool is_number = read.ec == std::errc() && read.ptr == text.data() + text.size();
  if (!is_number || value < range.min || value > range.max) return std::nullopt;
  return value;
}

Result<std::optional<int64_t>> NumberParameter(const Target& target, std::string_view name,
                                               WholeNumbers range) {
  const auto text = target.Parameter(name);
  if (!text.has_value()) return std::nullopt;
  const auto value = ReadWholeNumber(*text, range);
  if (!value) {
    return BadParameter(name, "must be a whole number from " + std::to_string(range.min) + " to " +
                                  std::to_string(range.max));
  }
  return value;
}

}  // namespace arrowport::http
