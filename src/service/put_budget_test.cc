#include "service/put_budget.h"

#include <chrono>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "base/bounded_queue.h"
#include "base/error.h"
#include "base/event.h"

namespace arrowport::service {
namespace {

using Share = PutBudget::Share;

void Ignore() {}

TEST(PutBudgetTest, HoldsWhatIsAskedForInAll) {
  PutBudget budget(100, std::nullopt);
  Share share(budget);
  EXPECT_EQ(share.Ask(40, Ignore), QueueState::kReady);
  EXPECT_EQ(share.Ask(70, Ignore), QueueState::kReady);
  EXPECT_EQ(budget.bytes_held(), 70);
  share.GiveBack();
  EXPECT_EQ(budget.bytes_held(), 0);
  EXPECT_EQ(share.Ask(1'000, Ignore), QueueState::kReady);
  EXPECT_EQ(budget.bytes_held(), 100);
}

TEST(PutBudgetTest, ServesInTheOrderOfAsking) {
  PutBudget budget(100, std::nullopt);
  std::string served;
  Share first(budget);
  Share second(budget);
  Share third(budget);
  Share fourth(budget);
  ASSERT_EQ(first.Ask(90, Ignore), QueueState::kReady);
  EXPECT_EQ(second.Ask(80, [&served] { served += "2"; }), QueueState::kWait);
  // There is room for it, but it came later.
  EXPECT_EQ(third.Ask(10, [&served] { served += "3"; }), QueueState::kWait);
  EXPECT_EQ(fourth.Ask(20, [&served] { served += "4"; }), QueueState::kWait);
  first.GiveBack();
  EXPECT_EQ(served, "23");
  EXPECT_EQ(budget.bytes_held(), 90);
  second.GiveBack();
  EXPECT_EQ(served, "234");
}

TEST(PutBudgetTest, ServesOthersWithWhatAShareNoLongerNeeds) {
  PutBudget budget(100, std::nullopt);
  bool served = false;
  Share first(budget);
  Share second(budget);
  ASSERT_EQ(first.Ask(90, Ignore), QueueState::kReady);
  ASSERT_EQ(second.Ask(50, [&served] { served = true; }), QueueState::kWait);
  EXPECT_EQ(first.Ask(40, Ignore), QueueState::kReady);
  EXPECT_TRUE(served);
  EXPECT_EQ(budget.bytes_held(), 90);
}

TEST(PutBudgetTest, LetsWhoHoldsSomethingGrowBeforeOthersBegin) {
  PutBudget budget(100, std::nullopt);
  Share first(budget);
  Share second(budget);
  ASSERT_EQ(first.Ask(50, Ignore), QueueState::kReady);
  ASSERT_EQ(second.Ask(60, Ignore), QueueState::kWait);
  EXPECT_EQ(first.Ask(100, Ignore), QueueState::kReady);
}

TEST(PutBudgetTest, RefusesWhoWaitsTooLongAndGoesOnWithTheNext) {
  PutBudget budget(100, std::chrono::milliseconds(20));
  Event refused;
  Event served;
  Share first(budget);
  Share second(budget);
  Share third(budget);
  ASSERT_EQ(first.Ask(60, Ignore), QueueState::kReady);
  ASSERT_EQ(second.Ask(50, [&refused] { refused.Set(); }), QueueState::kWait);
  refused.Wait();
  EXPECT_EQ(KindOf(second.status()), ErrorKind::kOverloaded) << second.status();
  EXPECT_EQ(second.Ask(1, Ignore), QueueState::kClosed);
  EXPECT_EQ(third.Ask(40, Ignore), QueueState::kReady);
  EXPECT_TRUE(first.status().ok());
}

TEST(PutBudgetTest, WakesAndForgetsWhoGoesWhileItWaits) {
  PutBudget budget(100, std::chrono::milliseconds(10'000));
  std::string served;
  Share first(budget);
  Share third(budget);
  ASSERT_EQ(first.Ask(100, Ignore), QueueState::kReady);
  {
    Share second(budget);
    ASSERT_EQ(second.Ask(100, [&served] { served += "2"; }), QueueState::kWait);
    ASSERT_EQ(third.Ask(100, [&served] { served += "3"; }), QueueState::kWait);
  }
  EXPECT_EQ(served, "2");
  first.GiveBack();
  EXPECT_EQ(served, "23");
}

}  // namespace
}  // namespace arrowport::service
