#include "cli/client_load.h"

#include <atomic>
#include <chrono>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"

namespace arrowport::cli {
namespace {

using std::chrono::milliseconds;

// Answers at once, until it is to break.
class CountingClient final : public LoadClient {
 public:
  explicit CountingClient(std::atomic<int64_t>& calls, int64_t breaks_at = 0)
      : calls_(calls), breaks_at_(breaks_at) {}

  Status Call() override {
    if (++calls_ == breaks_at_) return MakeError(ErrorKind::kOverloaded, "no more");
    return Status::OK();
  }

 private:
  std::atomic<int64_t>& calls_;
  const int64_t breaks_at_;
};

TEST(ClientLoadTest, CountsAllCallsButTheFirstOfEachClient) {
  std::atomic<int64_t> calls = 0;
  std::vector<std::unique_ptr<LoadClient>> clients(4);
  for (auto& client : clients) client = std::make_unique<CountingClient>(calls);
  const auto times = CallTogether(clients, milliseconds(5));
  ASSERT_TRUE(times.ok()) << times.status();
  EXPECT_EQ(times->answers, calls - 4);
  EXPECT_LE(times->p50_seconds, times->p99_seconds);
  EXPECT_GT(times->per_second, 0);
}

TEST(ClientLoadTest, FailsWithTheFailureOfAClient) {
  std::atomic<int64_t> calls = 0;
  std::vector<std::unique_ptr<LoadClient>> clients;
  clients.push_back(std::make_unique<CountingClient>(calls, 1));
  const auto times = CallTogether(clients, milliseconds(5));
  ASSERT_FALSE(times.ok());
  EXPECT_EQ(KindOf(times.status()), ErrorKind::kOverloaded);
}

TEST(ClientLoadTest, EachClientHasItsRateUpToItsLastAnswer) {
  const auto times =
      TimesOf({{.seconds = {1, 3}, .whole_seconds = 4}, {.seconds = {2}, .whole_seconds = 2}});
  ASSERT_TRUE(times.ok()) << times.status();
  EXPECT_EQ(times->answers, 3);
  EXPECT_EQ(times->p50_seconds, 2);
  EXPECT_EQ(times->p99_seconds, 3);
  EXPECT_EQ(times->per_second, 1);
}

TEST(ClientLoadTest, NoAnswerAtAllIsAFailure) { EXPECT_FALSE(TimesOf({ClientLog{}}).ok()); }

}  // namespace
}  // namespace arrowport::cli
