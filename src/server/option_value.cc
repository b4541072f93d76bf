#include "server/option_value.h"

#include <charconv>
#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>

#include "base/error.h"
#include "server/quantity.h"

namespace arrowport::server {
namespace {

Result<int64_t> ParseNumber(std::string_view text, const NumberRange& range) {
  int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error == std::errc() && rest == end && number >= range.min && number <= range.max) {
    return number;
  }
  return MakeError(ErrorKind::kInvalidInput, "'" + std::string(text) + "' is not a number from " +
                                                 std::to_string(range.min) + " to " +
                                                 std::to_string(range.max));
}

}  // namespace

Status ReadText(std::string_view text, std::string* target) {
  target->assign(text);
  return Status::OK();
}

Status ReadNumber(std::string_view text, const NumberRange& range, int* target) {
  ARROW_ASSIGN_OR_RAISE(const int64_t number, ParseNumber(text, range));
  *target = static_cast<int>(number);
  return Status::OK();
}

Status ReadPort(std::string_view text, uint16_t* target) {
  ARROW_ASSIGN_OR_RAISE(const int64_t port,
                        ParseNumber(text, {.min = 0, .max = std::numeric_limits<uint16_t>::max()}));
  *target = static_cast<uint16_t>(port);
  return Status::OK();
}

Status ReadBytes(std::string_view text, int64_t* target) { return ParseBytes(text).Value(target); }

Status ReadDuration(std::string_view text, std::chrono::milliseconds* target) {
  return ParseDuration(text).Value(target);
}

}  // namespace arrowport::server
