#pragma once

#include <chrono>

#include <nlohmann/json_fwd.hpp>

#include "base/error.h"

namespace arrowport::flight {

/// The value of "timeout_ms": how long a call may take, up to a day.
Result<std::chrono::milliseconds> ReadTimeout(const nlohmann::json& value);

}  // namespace arrowport::flight
