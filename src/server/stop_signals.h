#pragma once

#include <atomic>
#include <functional>
#include <thread>

namespace arrowport::server {

/// Turns SIGTERM and SIGINT into calls, and lets no broken pipe end the process (SIGPIPE).
///
/// Make one in the main thread before any other thread starts, since those inherit which signals
/// are blocked. One per process at a time.
class StopSignals {
 public:
  /// `on_signal` is called on a thread of its own with 1 for the first signal, 2 for the second,
  /// and so on.
  explicit StopSignals(std::function<void(int nth)> on_signal);

  /// Signals that come from now on end the process as usual.
  ~StopSignals();

  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

 private:
  void Run();

  // Constant after construction.
  const std::function<void(int nth)> on_signal_;

  std::atomic<bool> ending_ = false;
  std::thread thread_;
};

}  // namespace arrowport::server
