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

Result<std::optional<int64_t>> NumberParameter(const Target& target, std::string_view name,
                                               WholeNumbers range) {
  const auto text = target.Parameter(name);
  if (!text.has_value()) return std::nullopt;
  int64_t value = 0;
  const auto read = std::from_chars(text->begin(), text->end(), value);
  if (read.ec != std::errc() || read.ptr != text->end() || value < range.min || value > range.max) {
    return BadParameter(name, "must be a whole number from " + std::to_string(range.min) + " to " +
                                  std::to_string(range.max));
  }
  return value;
}

}  // namespace arrowport::http
