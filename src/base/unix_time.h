#pragma once

#include <chrono>
#include <cstdint>

namespace arrowport {

/// Milliseconds since 1970 in UTC, as documents and answers have points of time.
inline int64_t UnixMs(std::chrono::system_clock::time_point time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

}  // namespace arrowport
