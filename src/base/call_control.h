#pragma once

#include <chrono>
#include <optional>
#include <stop_token>

namespace arrowport {

using Clock = std::chrono::steady_clock;

/// How long a call may run and how it is told to stop. Copied freely; every verb that can take
/// time takes one.
struct CallControl {
  std::optional<Clock::time_point> deadline;  ///< Unset: no limit of the call's own.
  std::stop_token stop;                       ///< Default: never asked to stop.
};

}  // namespace arrowport
