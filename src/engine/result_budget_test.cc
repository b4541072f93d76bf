#include "engine/result_budget.h"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/limits.h"

namespace arrowport::engine {
namespace {

constexpr int64_t kFloor = limits::kResultFloorBytes;

TEST(ResultBudgetTest, GivesOneResultAQuarterOfWhatIsFreeBesideItsFloor) {
  const auto budget = std::make_shared<ResultBudget>(100 * kFloor);
  const auto place = ResultBudget::Enter(budget);
  ASSERT_TRUE(place.ok()) << place.status();
  EXPECT_EQ(budget->ShareOfOne(), kFloor + 50 * kFloor / 4);
}

TEST(ResultBudgetTest, LeavesRoomHoweverManyResultsTakeAllTheyMay) {
  constexpr int64_t kMax = 120 * kFloor;
  const auto budget = std::make_shared<ResultBudget>(kMax);
  std::vector<ResultBudget::Place> places;
  int64_t taken = 0;
  for (int i = 0; i < 60; ++i) {
    auto place = ResultBudget::Enter(budget);
    ASSERT_TRUE(place.ok()) << place.status();
    places.push_back(*std::move(place));
    const int64_t share = budget->ShareOfOne();
    EXPECT_GE(share, kFloor);
    budget->Change({}, {.held = share});
    taken += share;
  }
  EXPECT_LE(taken, kMax);
  EXPECT_EQ(budget->held(), taken);
}

TEST(ResultBudgetTest, GivesBackWhatAResultLetsGo) {
  const auto budget = std::make_shared<ResultBudget>(100 * kFloor);
  const int64_t share = budget->ShareOfOne();
  budget->Change({}, {.reserved = 9 * kFloor});
  EXPECT_EQ(budget->ShareOfOne(), kFloor + (50 - 8) * kFloor / 4);
  budget->Change({.reserved = 9 * kFloor}, {.held = kFloor});
  EXPECT_EQ(budget->ShareOfOne(), share);
  budget->Change({.held = kFloor}, {});
  EXPECT_EQ(budget->ShareOfOne(), share);
  EXPECT_EQ(budget->held(), 0);
}

TEST(ResultBudgetTest, GivesTheFloorAloneWhenMoreIsHeldThanThereShouldBe) {
  const auto budget = std::make_shared<ResultBudget>(10 * kFloor);
  budget->Change({}, {.held = 900 * kFloor, .reserved = 100 * kFloor});
  EXPECT_EQ(budget->held(), 900 * kFloor);
  EXPECT_EQ(budget->ShareOfOne(), kFloor);
}

TEST(ResultBudgetTest, RefusesAResultWhenAllFloorsAreTakenAndTakesItWhenOneIsGivenBack) {
  const auto budget = std::make_shared<ResultBudget>(4 * kFloor);
  auto first = ResultBudget::Enter(budget);
  const auto second = ResultBudget::Enter(budget);
  ASSERT_TRUE(first.ok());
  ASSERT_TRUE(second.ok());
  const auto refused = ResultBudget::Enter(budget);
  EXPECT_EQ(KindOf(refused.status()), ErrorKind::kOverloaded);
  EXPECT_NE(refused.status().message().find("server_result_bytes_max"), std::string::npos);
  *first = nullptr;
  EXPECT_TRUE(ResultBudget::Enter(budget).ok());
}

}  // namespace
}  // namespace arrowport::engine
