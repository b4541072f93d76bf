#pragma once

#include <signal.h>

#include <atomic>
#include <functional>
#include <thread>

namespace arrowport::server {

/// Turns SIGTERM and SIGINT into calls, and lets no broken pipe end the process (SIGPIPE). The
/// third of them ends the process at once, with kEndedBySignals, whatever its threads do.
///
/// Make one in the main thread before any other thread starts, since those inherit which signals
/// are blocked. One per process at a time.
class StopSignals {
 public:
  /// What the process ends with at the third signal: as a shell says it of SIGINT.
  static constexpr int kEndedBySignals = 130;

  /// `on_signal` is called on a thread of its own with 1 for the first signal and 2 for the second.
  /// The third ends the process even while such a call goes on.
  /// Where `on_hangup` is not null, SIGHUP becomes a call of it on the same thread, and is none of
  /// those.
  explicit StopSignals(std::function<void(int nth)> on_signal,
                       std::function<void()> on_hangup = nullptr);

  /// Signals that come from now on end the process as usual.
  ~StopSignals();

  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

 private:
  void Run();
  [[nodiscard]] sigset_t Signals(int calls_left) const;

  // Constant after construction.
  const std::function<void(int nth)> on_signal_;
  const std::function<void()> on_hangup_;

  std::atomic<bool> ending_ = false;
  std::thread thread_;
};

}  // namespace arrowport::server
