#include "cli/interrupts.h"

#include <signal.h>

#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

namespace arrowport::cli {
namespace {

sigset_t Signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  return signals;
}

}  // namespace

Interrupts::Interrupts() {
  const sigset_t signals = Signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  thread_ = std::thread([this] { Run(); });
}

Interrupts::~Interrupts() {
  ending_ = true;
  // Blocked in all threads, the signal stays pending for this thread until it waits.
  pthread_kill(thread_.native_handle(), SIGINT);
  thread_.join();
  const sigset_t signals = Signals();
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

std::stop_token Interrupts::Begin() {
  const std::lock_guard lock(mutex_);
  return running_.emplace().get_token();
}

void Interrupts::End() {
  const std::lock_guard lock(mutex_);
  running_.reset();
}

void Interrupts::Run() {
  const sigset_t signals = Signals();
  for (;;) {
    int received = 0;
    sigwait(&signals, &received);
    if (ending_) return;
    std::optional<std::stop_source> running;
    {
      const std::lock_guard lock(mutex_);
      running = running_;
    }
    if (running.has_value()) running->request_stop();
  }
}

}  // namespace arrowport::cli
