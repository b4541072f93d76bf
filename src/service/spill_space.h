#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

#include "base/deadline_timer.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/worker_pool.h"

namespace arrowport::service {

struct SpillOptions {
  int64_t bytes_max = 16 * kGiB;  ///< On disk, of all exchanges together.
  std::string directory = {};     ///< Made when needed; empty: the system's for temporary files.
  /// How long a client may take nothing when there is no room.
  std::chrono::milliseconds full_patience = limits::kSpillFullPatience;
};

/// What the exchanges of a server share to put on disk what their clients send too early: room
/// there, threads that write and read, and a clock. Safe to use from many threads.
class SpillSpace {
 public:
  explicit SpillSpace(const SpillOptions& options);

  [[nodiscard]] const std::string& directory() const { return directory_; }
  [[nodiscard]] int64_t bytes_max() const { return bytes_max_; }
  [[nodiscard]] std::chrono::milliseconds full_patience() const { return full_patience_; }
  [[nodiscard]] int64_t bytes_held() const { return bytes_held_; }

  /// Makes the directory. kUnavailable when that cannot be done.
  Status MakeDirectory() const;

  /// Whether about `bytes` more have room.
  [[nodiscard]] bool HasRoomFor(int64_t bytes) const { return bytes_held_ + bytes <= bytes_max_; }

  /// Says that an exchange has so many bytes more, or less, on disk.
  void Add(int64_t bytes) { bytes_held_ += bytes; }

  [[nodiscard]] WorkerPool& threads() { return threads_; }
  [[nodiscard]] DeadlineTimer& timer() { return timer_; }

 private:
  // Constant after construction.
  const std::string directory_;
  const int64_t bytes_max_;
  const std::chrono::milliseconds full_patience_;

  std::atomic<int64_t> bytes_held_ = 0;

  // The timer ends first: what it calls uses the threads.
  WorkerPool threads_;
  DeadlineTimer timer_;
};

}  // namespace arrowport::service
