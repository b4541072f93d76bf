#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/error.h"

namespace arrowport::cli {

/// One of several clients that ask at the same time, each as fast as its answers come. Used by one
/// thread.
class LoadClient {
 public:
  virtual ~LoadClient() = default;

  /// Asks once, and returns when the answer is there.
  virtual Status Call() = 0;
};

/// What one client saw, its first call left out.
struct ClientLog {
  std::vector<double> seconds;  ///< Of each answer.
  double whole_seconds = 0;     ///< From the start of the load to its last answer.
};

struct LoadTimes {
  double p50_seconds = 0;
  double p99_seconds = 0;
  double per_second = 0;  ///< Answers, of all clients together.
  int64_t answers = 0;
};

/// Of all clients together. Each has its own rate, up to its last answer, so that an answer that
/// takes longer than the load counts for what it is.
/// \return kInternal when nothing was answered.
Result<LoadTimes> TimesOf(const std::vector<ClientLog>& logs);

/// Lets `clients` call for `duration`, each from a thread of its own and once before it counts.
/// What was asked in that time is answered, and counts.
/// \return the failure of a client, if one failed.
Result<LoadTimes> CallTogether(const std::vector<std::unique_ptr<LoadClient>>& clients,
                               std::chrono::duration<double> duration);

}  // namespace arrowport::cli
