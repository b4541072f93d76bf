#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

namespace arrowport::cli {

/// Turns Ctrl-C (SIGINT) into a request to stop what runs, where it otherwise ends the process.
/// While nothing runs it does nothing.
///
/// Make one in the main thread before any other thread starts, since those inherit which signals
/// are blocked. One per process at a time.
class Interrupts {
 public:
  Interrupts();

  /// From now on Ctrl-C ends the process as usual.
  ~Interrupts();

  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;

  /// Something begins to run, whose stop the next Ctrl-C requests; nothing else does any more.
  std::stop_token Begin();

  /// It is over.
  void End();

 private:
  void Run();

  std::atomic<bool> ending_ = false;

  // Guards running_.
  std::mutex mutex_;
  std::optional<std::stop_source> running_;

  std::thread thread_;
};

}  // namespace arrowport::cli
