#include "base/ids.h"

#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace arrowport {
namespace {

TEST(NewIdTest, IsThirtyTwoHexadecimalDigits) {
  const std::string id = NewId();
  EXPECT_EQ(id.size(), 32U);
  EXPECT_EQ(id.find_first_not_of("0123456789abcdef"), std::string::npos) << id;
}

TEST(NewIdTest, IsNeverTheSameTwice) {
  std::set<std::string> ids;
  for (int i = 0; i < 1'000; ++i) EXPECT_TRUE(ids.insert(NewId()).second);
}

TEST(NewIdTest, UsesEveryDigitInEveryPlace) {
  std::set<char> digits;
  for (int i = 0; i < 1'000; ++i) digits.insert(NewId()[0]);
  EXPECT_EQ(digits.size(), 16U);
}

}  // namespace
}  // namespace arrowport
