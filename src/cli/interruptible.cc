#include "cli/interruptible.h"

#include <signal.h>
#include <unistd.h>

#include <functional>
#include <stop_token>

#include "base/error.h"
#include "server/stop_signals.h"

namespace arrowport::cli {

Status RunInterruptible(const std::function<Status(const std::stop_token& stop)>& work) {
  std::stop_source stop;
  const server::StopSignals signals([&](int nth) {
    if (nth > 1) _exit(TraitsOf(ErrorKind::kCancelled).exit_code);
    stop.request_stop();
  });
  // A pipe whose reader has left ends a command in silence, as people are used to.
  signal(SIGPIPE, SIG_DFL);
  return work(stop.get_token());
}

}  // namespace arrowport::cli
