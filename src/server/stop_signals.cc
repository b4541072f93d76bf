#include "server/stop_signals.h"

#include <signal.h>

#include <functional>
#include <utility>

namespace arrowport::server {
namespace {

sigset_t Signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

}  // namespace

StopSignals::StopSignals(std::function<void(int nth)> on_signal)
    : on_signal_(std::move(on_signal)) {
  signal(SIGPIPE, SIG_IGN);
  const sigset_t signals = Signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  thread_ = std::thread([this] { Run(); });
}

StopSignals::~StopSignals() {
  ending_ = true;
  // Blocked in all threads, the signal stays pending for this thread until it waits.
  pthread_kill(thread_.native_handle(), SIGINT);
  thread_.join();
  const sigset_t signals = Signals();
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

void StopSignals::Run() {
  const sigset_t signals = Signals();
  for (int nth = 1;; ++nth) {
    int received = 0;
    sigwait(&signals, &received);
    if (ending_) return;
    on_signal_(nth);
  }
}

}  // namespace arrowport::server
