#include "server/stop_signals.h"

#include <signal.h>

#include <functional>
#include <utility>

namespace arrowport::server {

sigset_t StopSignals::Signals() const {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  if (on_hangup_) sigaddset(&signals, SIGHUP);
  return signals;
}

StopSignals::StopSignals(std::function<void(int nth)> on_signal, std::function<void()> on_hangup)
    : on_signal_(std::move(on_signal)), on_hangup_(std::move(on_hangup)) {
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
  for (int nth = 1;;) {
    int received = 0;
    sigwait(&signals, &received);
    if (ending_) return;
    if (received == SIGHUP) {
      on_hangup_();
    } else {
      on_signal_(nth++);
    }
  }
}

}  // namespace arrowport::server
