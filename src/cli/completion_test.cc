#include "cli/completion.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace arrowport::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::vector<std::string>& Names() {
  static const std::vector<std::string> kNames = {"flights", "flights_late", "\\d", "trips"};
  return kNames;
}

TEST(CompletionTest, GoesOnAsFarAsTheNamesAgree) {
  EXPECT_EQ(Complete("SELECT * FROM f", Names()).insert, "lights");
  EXPECT_EQ(Complete("SELECT count(tr", Names()).insert, "ips ");
  EXPECT_EQ(Complete("\\", Names()).insert, "d ");
}

TEST(CompletionTest, ListsWhatIsLeftToChoose) {
  const Completion completion = Complete("FROM flights", Names());
  EXPECT_EQ(completion.insert, "");
  EXPECT_THAT(completion.choices, ElementsAre("flights", "flights_late"));
}

TEST(CompletionTest, KnowsNothingOfOtherWords) {
  const Completion completion = Complete("SELECT x", Names());
  EXPECT_EQ(completion.insert, "");
  EXPECT_THAT(completion.choices, IsEmpty());
}

}  // namespace
}  // namespace arrowport::cli
