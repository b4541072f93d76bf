#include "cli/interrupts.h"

#include <signal.h>
#include <unistd.h>

#include <future>
#include <stop_token>

#include <gtest/gtest.h>

namespace arrowport::cli {
namespace {

// The default of this signal would end the test.
void SendToThisProcess() { kill(getpid(), SIGINT); }

TEST(InterruptsTest, RequestTheStopOfWhatRuns) {
  Interrupts interrupts;
  std::promise<void> stopped;
  const std::stop_token token = interrupts.Begin();
  const std::stop_callback callback(token, [&] { stopped.set_value(); });
  SendToThisProcess();
  stopped.get_future().wait();
  EXPECT_TRUE(token.stop_requested());
}

TEST(InterruptsTest, DoNothingToWhatIsOver) {
  Interrupts interrupts;
  const std::stop_token over = interrupts.Begin();
  interrupts.End();
  SendToThisProcess();
  const std::stop_token token = interrupts.Begin();
  std::promise<void> stopped;
  const std::stop_callback callback(token, [&] { stopped.set_value(); });
  SendToThisProcess();
  stopped.get_future().wait();
  EXPECT_FALSE(over.stop_requested());
}

}  // namespace
}  // namespace arrowport::cli
