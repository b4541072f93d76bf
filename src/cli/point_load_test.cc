#include "cli/point_load.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"

namespace arrowport::cli {
namespace {

using std::chrono::milliseconds;

// Answers at once, with as many rows as it was told.
class FixedAsker final : public PointAsker {
 public:
  FixedAsker(int64_t rows, std::atomic<int64_t>& asked) : rows_(rows), asked_(asked) {}

  Result<int64_t> Ask(int64_t key) override {
    if (key < 0 || key >= kKeys) return MakeError(ErrorKind::kInternal, "no such key");
    ++asked_;
    return rows_;
  }

  static constexpr int64_t kKeys = 3;

 private:
  const int64_t rows_;
  std::atomic<int64_t>& asked_;
};

PointLoad LoadOf(int clients) {
  return {.sql = "", .keys = FixedAsker::kKeys, .clients = clients, .duration = milliseconds(5)};
}

TEST(PointLoadTest, CountsWhatAllClientsAskedButForTheFirstQuestionOfEach) {
  std::atomic<int64_t> asked = 0;
  std::vector<std::unique_ptr<PointAsker>> askers(5);
  for (auto& asker : askers) asker = std::make_unique<FixedAsker>(1, asked);
  const auto times = AskTogether(askers, LoadOf(4));
  ASSERT_TRUE(times.ok()) << times.status();
  EXPECT_EQ(times->answers, asked - 4);
  EXPECT_LE(times->p50_seconds, times->p99_seconds);
  EXPECT_GT(times->per_second, 0);
}

TEST(PointLoadTest, FailsWhenAKeyDoesNotHaveItsRow) {
  std::atomic<int64_t> asked = 0;
  std::vector<std::unique_ptr<PointAsker>> askers;
  askers.push_back(std::make_unique<FixedAsker>(1, asked));
  askers.push_back(std::make_unique<FixedAsker>(0, asked));
  const auto times = AskTogether(askers, LoadOf(2));
  ASSERT_FALSE(times.ok());
  EXPECT_NE(times.status().message().find("0 rows instead of one"), std::string::npos);
}

}  // namespace
}  // namespace arrowport::cli
