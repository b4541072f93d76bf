#include "cli/backoff.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <random>

namespace arrowport::cli {

std::chrono::milliseconds Backoff::Next(std::optional<std::chrono::milliseconds> asked) {
  const int64_t most = next_.count();
  next_ = std::min(next_ * 2, options_.most);
  std::uniform_int_distribution<int64_t> part(most / 2, most);
  const std::chrono::milliseconds pause(part(random_));
  return asked.has_value() ? std::max(pause, *asked) : pause;
}

}  // namespace arrowport::cli
