#pragma once

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string>

#include "base/call_control.h"
#include "base/error.h"

namespace arrowport::engine {

/// Keeps some of a disk free: whoever is to write more asks first. What is free is looked at some
/// times a second, however often it is asked for. Safe to use from many threads.
class DiskReserve {
 public:
  /// Of the disk that the file `path` lies on, or will. `bytes` 0: none.
  DiskReserve(const std::string& path, int64_t bytes);

  /// kStorageFull while less than the reserve is free.
  [[nodiscard]] Status Check();

  /// -1 where it cannot be told.
  [[nodiscard]] int64_t free_bytes();

 private:
  // Constant after construction.
  const std::filesystem::path folder_;
  const int64_t bytes_;

  // Everything below is guarded by mutex_.
  std::mutex mutex_;
  Clock::time_point looked_at_;
  bool looked_ = false;
  int64_t free_bytes_ = -1;
};

}  // namespace arrowport::engine
