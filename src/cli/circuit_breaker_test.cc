#include "cli/circuit_breaker.h"

#include <chrono>

#include <gtest/gtest.h>

#include "base/call_control.h"

namespace arrowport::cli {
namespace {

using std::chrono::milliseconds;

constexpr CircuitBreakerOptions kOptions = {.failures = 3, .pause = milliseconds(1'000)};

class CircuitBreakerTest : public ::testing::Test {
 protected:
  bool MayGo() { return !breaker_.Ask(now_).has_value(); }

  void Open() {
    for (int i = 0; i < kOptions.failures; ++i) (void)breaker_.Failed(now_);
  }

  CircuitBreaker breaker_{kOptions};
  Clock::time_point now_;
};

TEST_F(CircuitBreakerTest, LetsGoUntilSoManyFailedInARow) {
  EXPECT_FALSE(breaker_.Failed(now_));
  EXPECT_FALSE(breaker_.Failed(now_));
  EXPECT_TRUE(MayGo());
  breaker_.Succeeded();
  EXPECT_FALSE(breaker_.Failed(now_));
  EXPECT_FALSE(breaker_.Failed(now_));
  EXPECT_TRUE(MayGo());
  EXPECT_TRUE(breaker_.Failed(now_));
  EXPECT_EQ(breaker_.Ask(now_), milliseconds(1'000));
}

TEST_F(CircuitBreakerTest, LetsOneTryAfterThePause) {
  Open();
  now_ += milliseconds(999);
  EXPECT_FALSE(MayGo());
  now_ += milliseconds(1);
  EXPECT_TRUE(MayGo());
  EXPECT_FALSE(MayGo());
  breaker_.Succeeded();
  EXPECT_TRUE(MayGo());
  EXPECT_TRUE(MayGo());
}

TEST_F(CircuitBreakerTest, PausesAgainWhenTheOneFails) {
  Open();
  now_ += milliseconds(1'000);
  ASSERT_TRUE(MayGo());
  EXPECT_TRUE(breaker_.Failed(now_));
  EXPECT_EQ(breaker_.Ask(now_), milliseconds(1'000));
}

TEST_F(CircuitBreakerTest, ThoseThatWereUnderWayMakeThePauseNoLonger) {
  Open();
  now_ += milliseconds(400);
  EXPECT_FALSE(breaker_.Failed(now_));
  EXPECT_EQ(breaker_.Ask(now_), milliseconds(600));
}

TEST_F(CircuitBreakerTest, LetsAnotherTryWhenTheOneWasStopped) {
  Open();
  now_ += milliseconds(1'000);
  ASSERT_TRUE(MayGo());
  breaker_.Withdrew();
  EXPECT_TRUE(MayGo());
}

}  // namespace
}  // namespace arrowport::cli
