#include "server/stop_signals.h"

#include <signal.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "base/event.h"

namespace arrowport::server {
namespace {

TEST(StopSignalsTest, CountsSignalsOfBothKinds) {
  Event first;
  Event second;
  StopSignals signals([&](int nth) { (nth == 1 ? first : second).Set(); });
  kill(getpid(), SIGTERM);
  first.Wait();
  kill(getpid(), SIGINT);
  second.Wait();
}

TEST(StopSignalsTest, TellsOfAHangupByItself) {
  Event hung_up;
  Event stopped;
  StopSignals signals(
      [&](int nth) {
        EXPECT_EQ(nth, 1);
        stopped.Set();
      },
      [&] { hung_up.Set(); });
  kill(getpid(), SIGHUP);
  hung_up.Wait();
  kill(getpid(), SIGTERM);
  stopped.Wait();
}

TEST(StopSignalsTest, EndsWithoutASignal) {
  const StopSignals signals([](int) { FAIL() << "no signal was sent"; });
}

TEST(StopSignalsTest, ABrokenPipeDoesNotEndTheProcess) {
  const StopSignals signals([](int) {});
  EXPECT_EQ(raise(SIGPIPE), 0);
}

}  // namespace
}  // namespace arrowport::server
