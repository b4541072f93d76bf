#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <random>

namespace arrowport::cli {

struct BackoffOptions {
  std::chrono::milliseconds first{200};
  std::chrono::milliseconds most{30'000};
};

/// How long to wait after each of several failures in a row: twice as long as after the one before,
/// and of that a random part, half of it at least, so that clients that failed together do not come
/// back together. One thread at a time.
class Backoff {
 public:
  /// The same pauses for the same `seed`.
  Backoff(const BackoffOptions& options, uint64_t seed)
      : options_(options), random_(seed), next_(options.first) {}

  /// After another failure. Not before what the server `asked` for.
  std::chrono::milliseconds Next(std::optional<std::chrono::milliseconds> asked);

  /// After a success.
  void Reset() { next_ = options_.first; }

 private:
  const BackoffOptions options_;
  std::mt19937_64 random_;
  std::chrono::milliseconds next_;
};

}  // namespace arrowport::cli
