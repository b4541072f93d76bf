#include "server/stop_signals.h"

#include <signal.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <utility>

namespace arrowport::server {
namespace {

constexpr std::array kStops = {SIGTERM, SIGINT};

// Has the thread look whether it is to end.
constexpr int kEndOfThread = SIGUSR2;

// So many of kStops are told; the next one ends the process.
constexpr int kCallsMax = 2;

void EndTheProcess(int /*number*/) { _exit(StopSignals::kEndedBySignals); }

// Signals that come from now on wait for no thread to ask for them: who was told to hurry may be
// held up itself.
void LetTheNextOneEndTheProcess() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : kStops) {
    signal(number, EndTheProcess);
    sigaddset(&signals, number);
  }
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

}  // namespace

StopSignals::StopSignals(std::function<void(int nth)> on_signal, std::function<void()> on_hangup)
    : on_signal_(std::move(on_signal)), on_hangup_(std::move(on_hangup)) {
  signal(SIGPIPE, SIG_IGN);
  const sigset_t signals = Signals(kCallsMax);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  thread_ = std::thread([this] { Run(); });
}

StopSignals::~StopSignals() {
  ending_ = true;
  // Blocked in all threads, the signal stays pending for this thread until it waits.
  pthread_kill(thread_.native_handle(), kEndOfThread);
  thread_.join();
  for (const int number : kStops) signal(number, SIG_DFL);
  const sigset_t signals = Signals(kCallsMax);
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

// Those that the thread waits for while `calls_left` of them may still become calls.
sigset_t StopSignals::Signals(int calls_left) const {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, kEndOfThread);
  if (on_hangup_) sigaddset(&signals, SIGHUP);
  for (const int number : kStops) {
    if (calls_left > 0) sigaddset(&signals, number);
  }
  return signals;
}

void StopSignals::Run() {
  for (int calls = 0;;) {
    const sigset_t signals = Signals(kCallsMax - calls);
    int received = 0;
    sigwait(&signals, &received);
    if (ending_) return;
    if (received == kEndOfThread) continue;
    if (received == SIGHUP) {
      on_hangup_();
      continue;
    }
    if (++calls == kCallsMax) LetTheNextOneEndTheProcess();
    on_signal_(calls);
  }
}

}  // namespace arrowport::server
