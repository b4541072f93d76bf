#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "base/error.h"

namespace arrowport::flight {

/// The value of `key`: a string that is not empty.
Status ReadName(std::string_view key, const nlohmann::json& value, std::string* name);

/// The value of "timeout_ms": how long a call may take, up to a day.
Result<std::chrono::milliseconds> ReadTimeout(const nlohmann::json& value);

}  // namespace arrowport::flight
