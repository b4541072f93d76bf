#include "flight/call_limit.h"

#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "base/error.h"

namespace arrowport::flight {
namespace {

using ::testing::HasSubstr;
using Slots = std::vector<std::unique_ptr<CallLimit::Slot>>;

// As many as `peer` gets.
int TakeAll(CallLimit& limit, const std::string& peer, Slots& slots) {
  for (int taken = 0;; ++taken) {
    auto slot = limit.Enter(peer);
    if (!slot.ok()) return taken;
    slots.push_back(*std::move(slot));
  }
}

TEST(CallLimitTest, AFewMayHaveAllOfAFew) {
  CallLimit limit(2);
  Slots slots;
  EXPECT_EQ(TakeAll(limit, "ipv4:10.0.0.1:1", slots), 2);
  const Status refused = limit.Enter("ipv4:10.0.0.2:1").status();
  EXPECT_EQ(KindOf(refused), ErrorKind::kOverloaded);
  EXPECT_THAT(refused.message(), HasSubstr("(2, flight.calls_max)"));
  slots.pop_back();
  EXPECT_TRUE(limit.Enter("ipv4:10.0.0.2:1").ok());
}

TEST(CallLimitTest, FourConnectionsLeaveRoomForAFifth) {
  CallLimit limit(1'000);
  Slots slots;
  for (int client = 0; client < 4; ++client) {
    EXPECT_GT(TakeAll(limit, "ipv4:10.0.0.1:" + std::to_string(client), slots), 50);
  }
  EXPECT_LT(slots.size(), 1'000);
  EXPECT_GE(TakeAll(limit, "ipv4:10.0.0.1:5", slots), 16);
}

TEST(CallLimitTest, ManyConnectionsOfOneAddressLeaveRoomForAnother) {
  CallLimit limit(1'000);
  Slots slots;
  for (int client = 0; client < 500; ++client) {
    (void)TakeAll(limit, "ipv6:[::1]:" + std::to_string(client), slots);
  }
  EXPECT_LE(slots.size(), 875);
  EXPECT_THAT(limit.Enter("ipv6:[::1]:500").status().message(), HasSubstr("of this address"));
  EXPECT_GE(TakeAll(limit, "ipv6:[::2]:1", slots), 32);
}

TEST(CallLimitTest, ForgetsClientsThatHaveNone) {
  CallLimit limit(100);
  Slots slots;
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(TakeAll(limit, "ipv4:10.0.0.1:1", slots), 33);
    slots.clear();
  }
}

}  // namespace
}  // namespace arrowport::flight
