#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "cli/client_load.h"

namespace arrowport::cli {

/// Clients that ask for one row after the other, as fast as answers come.
struct PointLoad {
  std::string sql;   ///< With one `?`, for the key.
  int64_t keys = 0;  ///< Keys are 0 up to this; each has one row.
  int clients = 1;
  std::chrono::duration<double> duration{1};
};

/// What one client asks with; it is used by one thread.
class PointAsker {
 public:
  virtual ~PointAsker() = default;

  /// \return how many rows came.
  virtual Result<int64_t> Ask(int64_t key) = 0;
};

/// Lets the first `load.clients` of `askers` ask at the same time, each from a thread of its own
/// and once before it counts.
/// \return kInternal when a key does not have its one row; the failure of an asker.
Result<LoadTimes> AskTogether(const std::vector<std::unique_ptr<PointAsker>>& askers,
                              const PointLoad& load);

}  // namespace arrowport::cli
