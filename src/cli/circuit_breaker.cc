#include "cli/circuit_breaker.h"

#include <chrono>
#include <mutex>
#include <optional>

#include "base/call_control.h"

namespace arrowport::cli {
namespace {

// While one tries, the others look again so often.
constexpr std::chrono::milliseconds kLookAgain{100};

}  // namespace

std::optional<Clock::duration> CircuitBreaker::Ask(Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  if (!open_until_.has_value()) return std::nullopt;
  if (now < *open_until_) return *open_until_ - now;
  if (one_tries_) return kLookAgain;
  one_tries_ = true;
  return std::nullopt;
}

void CircuitBreaker::Succeeded() {
  const std::lock_guard lock(mutex_);
  failures_ = 0;
  open_until_.reset();
  one_tries_ = false;
}

bool CircuitBreaker::Failed(Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  ++failures_;
  // Those that were under way when the pause began make it no longer.
  const bool tried = one_tries_;
  one_tries_ = false;
  if (failures_ < options_.failures || (open_until_.has_value() && !tried)) return false;
  open_until_ = now + options_.pause;
  return true;
}

void CircuitBreaker::Withdrew() {
  const std::lock_guard lock(mutex_);
  one_tries_ = false;
}

}  // namespace arrowport::cli
