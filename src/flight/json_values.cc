#include "flight/json_values.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/error.h"

namespace arrowport::flight {
namespace {

// A day: longer than any call that somebody waits for, and far from overflowing the clock.
constexpr int64_t kTimeoutMsMax = 24LL * 3600 * 1000;

}  // namespace

Status ReadName(std::string_view key, const nlohmann::json& value, std::string* name) {
  if (!value.is_string() || value.get_ref<const std::string&>().empty()) {
    return MakeError(ErrorKind::kInvalidInput,
                     "\"" + std::string(key) + "\" must be a string that is not empty");
  }
  *name = value.get<std::string>();
  return Status::OK();
}

Result<std::chrono::milliseconds> ReadTimeout(const nlohmann::json& value) {
  if (!value.is_number_integer() || value < 1 || value > kTimeoutMsMax) {
    return MakeError(ErrorKind::kInvalidInput, "\"timeout_ms\" must be a whole number from 1 to " +
                                                   std::to_string(kTimeoutMsMax));
  }
  return std::chrono::milliseconds(value.get<int64_t>());
}

}  // namespace arrowport::flight
