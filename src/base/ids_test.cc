#include "base/ids.h"

#include <set>
#include <string>
#include <thread>
#include <vector>

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

TEST(NewIdTest, IsAnotherInEachThread) {
  constexpr int kIds = 100;
  const auto make = [](std::vector<std::string>* ids) {
    for (int i = 0; i < kIds; ++i) ids->push_back(NewId());
  };
  std::vector<std::string> mine;
  std::vector<std::string> others;
  std::thread other(make, &others);
  make(&mine);
  other.join();
  std::set<std::string> all(mine.begin(), mine.end());
  all.insert(others.begin(), others.end());
  EXPECT_EQ(all.size(), 2U * kIds);
}

TEST(NewIdTest, UsesEveryDigitInEveryPlace) {
  std::set<char> digits;
  for (int i = 0; i < 1'000; ++i) digits.insert(NewId()[0]);
  EXPECT_EQ(digits.size(), 16U);
}

}  // namespace
}  // namespace arrowport
