#include "stream/incoming_memory.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "base/bounded_queue.h"
#include "base/error.h"
#include "base/event.h"

namespace arrowport::stream {
namespace {

using Grant = IncomingMemory::Grant;

constexpr std::chrono::hours kForEver{1};

void Ignore() {}

TEST(IncomingMemoryTest, HasNoBoundUntilItIsGivenOne) {
  IncomingMemory memory(kForEver);
  EXPECT_TRUE(memory.Take(int64_t{1} << 60, int64_t{1} << 60, nullptr).ok());
}

TEST(IncomingMemoryTest, HoldsWhatIsTakenUntilItIsGivenBack) {
  IncomingMemory memory(kForEver);
  memory.SetBytesMax(100);
  ASSERT_TRUE(memory.Take(60, 60, nullptr).ok());
  EXPECT_EQ(KindOf(memory.Take(50, 50, nullptr)), ErrorKind::kOverloaded);
  EXPECT_EQ(KindOf(memory.Take(50, 110, nullptr)), ErrorKind::kTooLarge);
  EXPECT_EQ(memory.bytes_held(), 60);
  memory.GiveBack(60);
  EXPECT_TRUE(memory.Take(100, 100, nullptr).ok());
}

TEST(IncomingMemoryTest, CountsAGrantOnceHoweverMuchOfItIsTaken) {
  IncomingMemory memory(kForEver);
  memory.SetBytesMax(100);
  {
    Grant grant(memory);
    ASSERT_EQ(grant.Ask(80, Ignore), QueueState::kReady);
    ASSERT_TRUE(memory.Take(50, 50, &grant).ok());
    EXPECT_EQ(memory.bytes_held(), 80);
    // More than is left of it, and more than there is.
    EXPECT_EQ(KindOf(memory.Take(40, 90, &grant)), ErrorKind::kOverloaded);
  }
  EXPECT_EQ(memory.bytes_held(), 50);
}

TEST(IncomingMemoryTest, ServesInTheOrderOfAsking) {
  IncomingMemory memory(kForEver);
  memory.SetBytesMax(100);
  std::string served;
  Grant first(memory);
  Grant second(memory);
  Grant third(memory);
  ASSERT_EQ(first.Ask(90, Ignore), QueueState::kReady);
  EXPECT_EQ(second.Ask(80, [&served] { served += "2"; }), QueueState::kWait);
  // There is room for it, but it came later.
  EXPECT_EQ(third.Ask(10, [&served] { served += "3"; }), QueueState::kWait);
  first.GiveBack();
  EXPECT_EQ(served, "23");
  EXPECT_EQ(second.Ask(80, Ignore), QueueState::kReady);
  EXPECT_EQ(memory.bytes_held(), 90);
}

TEST(IncomingMemoryTest, ServesWithWhatIsFreed) {
  IncomingMemory memory(kForEver);
  memory.SetBytesMax(100);
  ASSERT_TRUE(memory.Take(60, 60, nullptr).ok());
  bool served = false;
  Grant grant(memory);
  ASSERT_EQ(grant.Ask(50, [&served] { served = true; }), QueueState::kWait);
  memory.GiveBack(60);
  EXPECT_TRUE(served);
}

TEST(IncomingMemoryTest, GoesOnWaitingWithTheLastWake) {
  IncomingMemory memory(kForEver);
  memory.SetBytesMax(100);
  ASSERT_TRUE(memory.Take(60, 60, nullptr).ok());
  std::string woken;
  Grant grant(memory);
  ASSERT_EQ(grant.Ask(50, [&woken] { woken += "1"; }), QueueState::kWait);
  ASSERT_EQ(grant.Ask(50, [&woken] { woken += "2"; }), QueueState::kWait);
  memory.GiveBack(60);
  EXPECT_EQ(woken, "2");
}

TEST(IncomingMemoryTest, LetsThoseBehindPassWhenOneThatWaitsLeaves) {
  IncomingMemory memory(kForEver);
  memory.SetBytesMax(100);
  ASSERT_TRUE(memory.Take(60, 60, nullptr).ok());
  std::optional<Grant> large(std::in_place, memory);
  bool served = false;
  Grant small(memory);
  ASSERT_EQ(large->Ask(90, Ignore), QueueState::kWait);
  ASSERT_EQ(small.Ask(10, [&served] { served = true; }), QueueState::kWait);
  large.reset();
  EXPECT_TRUE(served);
  EXPECT_EQ(memory.bytes_held(), 70);
}

TEST(IncomingMemoryTest, RefusesAtOnceWhatThereCanNeverBe) {
  IncomingMemory memory(kForEver);
  memory.SetBytesMax(100);
  Grant grant(memory);
  EXPECT_EQ(grant.Ask(101, Ignore), QueueState::kClosed);
  EXPECT_EQ(KindOf(grant.status()), ErrorKind::kTooLarge);
  EXPECT_EQ(KindOf(grant.AskNow(101)), ErrorKind::kTooLarge);
  EXPECT_EQ(memory.bytes_held(), 0);
}

TEST(IncomingMemoryTest, DoesNotWaitForWhoDoesNot) {
  IncomingMemory memory(kForEver);
  memory.SetBytesMax(100);
  ASSERT_TRUE(memory.Take(60, 60, nullptr).ok());
  Grant grant(memory);
  EXPECT_EQ(KindOf(grant.AskNow(50)), ErrorKind::kOverloaded);
  memory.GiveBack(60);
  EXPECT_TRUE(grant.AskNow(50).ok());
}

TEST(IncomingMemoryTest, RefusesWhatHasWaitedTooLong) {
  IncomingMemory memory(std::chrono::milliseconds(1));
  memory.SetBytesMax(100);
  ASSERT_TRUE(memory.Take(60, 60, nullptr).ok());
  Event woken;
  Grant grant(memory);
  ASSERT_EQ(grant.Ask(50, [&woken] { woken.Set(); }), QueueState::kWait);
  woken.Wait();
  EXPECT_EQ(grant.Ask(50, Ignore), QueueState::kClosed);
  EXPECT_EQ(KindOf(grant.status()), ErrorKind::kOverloaded);
  EXPECT_EQ(memory.bytes_held(), 60);
}

}  // namespace
}  // namespace arrowport::stream
