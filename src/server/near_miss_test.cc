#include "server/near_miss.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace arrowport::server {
namespace {

const std::vector<std::string_view> kKnown = {"http_port", "flight_port", "host", "db"};

TEST(NearMissTest, FindsTheWordBehindATypingError) {
  EXPECT_EQ(NearMiss("htpp_port", kKnown), "http_port");
  EXPECT_EQ(NearMiss("http_prot", kKnown), "http_port");
  EXPECT_EQ(NearMiss("flightport", kKnown), "flight_port");
  EXPECT_EQ(NearMiss("hots", kKnown), "host");
}

TEST(NearMissTest, SaysNothingWhenNothingIsNear) {
  EXPECT_EQ(NearMiss("colour", kKnown), std::nullopt);
  EXPECT_EQ(NearMiss("xy", kKnown), std::nullopt);
  EXPECT_EQ(NearMiss(std::string(100'000, 'x'), kKnown), std::nullopt);
}

}  // namespace
}  // namespace arrowport::server
