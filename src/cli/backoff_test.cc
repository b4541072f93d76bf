#include "cli/backoff.h"

#include <chrono>
#include <cstdint>

#include <gtest/gtest.h>

namespace arrowport::cli {
namespace {

using std::chrono::milliseconds;

constexpr uint64_t kSeed = 20260417;
constexpr BackoffOptions kOptions = {.first = milliseconds(100), .most = milliseconds(1'000)};

TEST(BackoffTest, WaitsTwiceAsLongEachTimeUpToTheMost) {
  Backoff backoff(kOptions, kSeed);
  for (const int64_t most : {100, 200, 400, 800, 1'000, 1'000}) {
    const int64_t pause = backoff.Next({}).count();
    EXPECT_GE(pause, most / 2) << "seed " << kSeed;
    EXPECT_LE(pause, most) << "seed " << kSeed;
  }
}

TEST(BackoffTest, BeginsAgainAfterASuccess) {
  Backoff backoff(kOptions, kSeed);
  for (int i = 0; i < 5; ++i) (void)backoff.Next({});
  backoff.Reset();
  EXPECT_LE(backoff.Next({}), milliseconds(100)) << "seed " << kSeed;
}

TEST(BackoffTest, DoesNotComeBackBeforeTheServerWants) {
  Backoff backoff(kOptions, kSeed);
  EXPECT_EQ(backoff.Next(milliseconds(5'000)), milliseconds(5'000));
  EXPECT_GE(backoff.Next(milliseconds(1)), milliseconds(100)) << "seed " << kSeed;
}

TEST(BackoffTest, ClientsWithOtherSeedsWaitForOtherTimes) {
  Backoff one(kOptions, kSeed);
  Backoff same(kOptions, kSeed);
  Backoff other(kOptions, kSeed + 1);
  int different = 0;
  for (int i = 0; i < 20; ++i) {
    const milliseconds pause = one.Next({});
    EXPECT_EQ(pause, same.Next({})) << "seed " << kSeed;
    if (pause != other.Next({})) ++different;
  }
  EXPECT_GT(different, 10) << "seed " << kSeed;
}

}  // namespace
}  // namespace arrowport::cli
