#pragma once

#include <chrono>
#include <mutex>
#include <optional>

#include "base/call_control.h"

namespace arrowport::cli {

struct CircuitBreakerOptions {
  int failures = 5;  ///< In a row, of whichever sender, after which all of them pause.
  std::chrono::milliseconds pause{5'000};
};

/// Keeps the senders of a command from a server that fails all the time: after so many failures in
/// a row nobody sends for a while. Then one of them tries, and its success lets in the others; its
/// failure is another pause. Safe to use from many threads.
class CircuitBreaker {
 public:
  explicit CircuitBreaker(const CircuitBreakerOptions& options) : options_(options) {}

  /// Asks to send at `now`. \return how long to wait before asking again; nothing: go ahead, and
  /// tell how it ended.
  std::optional<Clock::duration> Ask(Clock::time_point now);

  void Succeeded();

  /// \return whether this failure began a pause, which somebody may want to be told of.
  bool Failed(Clock::time_point now);

  /// Neither: a sender that was let in was stopped.
  void Withdrew();

 private:
  const CircuitBreakerOptions options_;

  // Everything below is guarded by mutex_.
  std::mutex mutex_;
  int failures_ = 0;  // Since the last success.
  std::optional<Clock::time_point> open_until_;
  bool one_tries_ = false;  // While it is open.
};

}  // namespace arrowport::cli
