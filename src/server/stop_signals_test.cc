#include "server/stop_signals.h"

#include <signal.h>
#include <unistd.h>

#include <thread>

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

TEST(StopSignalsTest, EndsBehindTwoSignals) {
  Event second;
  {
    const StopSignals signals([&](int nth) {
      if (nth == 2) second.Set();
    });
    kill(getpid(), SIGTERM);
    kill(getpid(), SIGINT);
    second.Wait();
  }
  // What comes later finds no handler of ours.
  struct sigaction action{};
  sigaction(SIGTERM, nullptr, &action);
  EXPECT_EQ(action.sa_handler, SIG_DFL);
}

TEST(StopSignalsDeathTest, TheThirdSignalEndsTheProcessEvenWhenTheSecondIsNotDoneWith) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto stop_thrice = [] {
    Event first;
    Event second;
    Event never;
    const StopSignals signals([&](int nth) {
      (nth == 1 ? first : second).Set();
      if (nth == 2) never.Wait();
    });
    std::thread spinning([] {
      for (volatile bool on = true; on;) {
      }
    });
    kill(getpid(), SIGTERM);
    first.Wait();
    kill(getpid(), SIGTERM);
    second.Wait();
    kill(getpid(), SIGTERM);
    spinning.join();
  };
  EXPECT_EXIT(stop_thrice(), testing::ExitedWithCode(StopSignals::kEndedBySignals), "");
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
