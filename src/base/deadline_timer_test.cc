#include "base/deadline_timer.h"

#include <chrono>
#include <vector>

#include <gtest/gtest.h>

#include "base/call_control.h"
#include "base/event.h"

namespace arrowport {
namespace {

using std::chrono::milliseconds;

TEST(DeadlineTimerTest, CallsBackInTheOrderOfTheDeadlines) {
  Event last;
  std::vector<int> order;
  DeadlineTimer timer;
  const auto now = Clock::now();
  timer.Add(now + milliseconds(30), [&] {
    order.push_back(3);
    last.Set();
  });
  timer.Add(now + milliseconds(10), [&] { order.push_back(1); });
  timer.Add(now + milliseconds(20), [&] { order.push_back(2); });
  last.Wait();
  EXPECT_EQ(order, (std::vector{1, 2, 3}));
}

TEST(DeadlineTimerTest, DoesNotCallWhatWasRemoved) {
  Event later;
  bool called = false;
  DeadlineTimer timer;
  const auto key = timer.Add(Clock::now() + milliseconds(10), [&] { called = true; });
  timer.Remove(key);
  timer.Add(Clock::now() + milliseconds(20), [&] { later.Set(); });
  later.Wait();
  EXPECT_FALSE(called);
}

TEST(DeadlineTimerTest, EndsWithDeadlinesThatAreStillToCome) {
  DeadlineTimer timer;
  timer.Add(Clock::now() + std::chrono::hours(1), [] {});
}

}  // namespace
}  // namespace arrowport
