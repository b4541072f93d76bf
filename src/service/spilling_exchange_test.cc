#include "service/spilling_exchange.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bounded_queue.h"
#include "base/call_control.h"
#include "base/error.h"
#include "base/event.h"
#include "base/limits.h"
#include "engine/database.h"
#include "engine/exchange.h"
#include "engine/result_stream.h"
#include "engine/test_batches.h"
#include "service/spill_space.h"

namespace arrowport::service {
namespace {

using engine::testing::MakeRows;
using engine::testing::OpenMemory;
using ::testing::HasSubstr;

constexpr int64_t kRows = 20'000;

class SpillingExchangeTest : public ::testing::Test {
 protected:
  std::shared_ptr<engine::Exchange> Begin(const std::string& sql,
                                          const SpillOptions& options = {}) {
    space_ = std::make_shared<SpillSpace>(options);
    auto inner = database_->BeginExchange({sql, {}}, MakeRows(0, 1)->schema(), {}, {});
    EXPECT_TRUE(inner.ok()) << inner.status();
    return MakeSpillingExchange(*inner, space_);
  }

  // Writes, waiting for room. False when the statement needs no more.
  static bool Write(engine::Exchange& exchange, int64_t batch) {
    const auto room = std::make_shared<Event>();
    const QueueState state =
        exchange.Write(MakeRows(kRows * batch, kRows), [room] { room->Set(); });
    if (state == QueueState::kWait) {
      EXPECT_TRUE(room->WaitUntil(Clock::now() + std::chrono::seconds(30)));
    }
    return state != QueueState::kClosed;
  }

  // Reads to the end and gives the number of rows, or -1 if they are not 0, 1, 2, …
  static Result<int64_t> CountInOrder(engine::Exchange& exchange) {
    int64_t next = 0;
    for (;;) {
      ARROW_ASSIGN_OR_RAISE(const auto batch, exchange.rows()->Next());
      if (batch == nullptr) return next;
      const auto& ids = static_cast<const arrow::Int64Array&>(*batch->column(0));
      for (int64_t i = 0; i < ids.length(); ++i, ++next) {
        if (ids.Value(i) != next) return -1;
      }
    }
  }

  const std::shared_ptr<engine::Database> database_ =
      OpenMemory({.threads = 2, .result_bytes_max = kMiB, .put_bytes_max = 2 * kMiB});
  std::shared_ptr<SpillSpace> space_;
};

TEST_F(SpillingExchangeTest, TakesEverythingBeforeAnythingIsRead) {
  const auto exchange = Begin("SELECT *, true AS processed FROM input");
  constexpr int64_t kBatches = 100;
  for (int64_t i = 0; i < kBatches; ++i) ASSERT_TRUE(Write(*exchange, i));
  exchange->EndInput();
  EXPECT_GT(space_->bytes_held(), 10 * kMiB);
  EXPECT_EQ(CountInOrder(*exchange).ValueOr(-2), kBatches * kRows);
  EXPECT_EQ(space_->bytes_held(), 0);
}

TEST_F(SpillingExchangeTest, GoesStraightAgainOnceAllWasRead) {
  const auto exchange = Begin("SELECT id FROM input");
  int64_t written = 0;
  for (; written < 50; ++written) ASSERT_TRUE(Write(*exchange, written));
  std::jthread writer([&] {
    for (; written < 200; ++written) EXPECT_TRUE(Write(*exchange, written));
    exchange->EndInput();
  });
  EXPECT_EQ(CountInOrder(*exchange).ValueOr(-2), 200 * kRows);
  EXPECT_EQ(space_->bytes_held(), 0);
}

TEST_F(SpillingExchangeTest, HoldsBackTheClientThatReads) {
  const auto exchange = Begin("SELECT id FROM input");
  std::jthread writer([&] {
    for (int64_t i = 0; i < 100; ++i) EXPECT_TRUE(Write(*exchange, i));
    exchange->EndInput();
  });
  int64_t most = 0;
  int64_t rows = 0;
  for (;;) {
    const auto batch = exchange->rows()->Next();
    ASSERT_TRUE(batch.ok()) << batch.status();
    if (*batch == nullptr) break;
    rows += (*batch)->num_rows();
    most = std::max(most, space_->bytes_held());
  }
  EXPECT_EQ(rows, 100 * kRows);
  EXPECT_EQ(most, 0);
}

TEST_F(SpillingExchangeTest, EndsTheClientThatIsTooFarAhead) {
  const auto exchange = Begin("SELECT id FROM input",
                              {.bytes_max = 4 * kMiB, .full_patience = std::chrono::seconds(1)});
  bool needed = true;
  for (int64_t i = 0; i < 100 && needed; ++i) needed = Write(*exchange, i);
  EXPECT_FALSE(needed);
  const Status ended = CountInOrder(*exchange).status();
  EXPECT_EQ(KindOf(ended), ErrorKind::kTooLarge) << ended;
  EXPECT_THAT(ended.message(), HasSubstr("exchange_spill_bytes_max"));
}

TEST_F(SpillingExchangeTest, WaitsForAClientThatComesBeforeItsTimeIsOver) {
  const auto exchange = Begin("SELECT id FROM input", {.bytes_max = 4 * kMiB});
  std::jthread writer([&] {
    for (int64_t i = 0; i < 100; ++i) EXPECT_TRUE(Write(*exchange, i));
    exchange->EndInput();
  });
  while (space_->HasRoomFor(kMiB)) std::this_thread::yield();
  EXPECT_EQ(CountInOrder(*exchange).ValueOr(-2), 100 * kRows);
}

TEST_F(SpillingExchangeTest, GivesTheDiskBackWhenItIsGivenUp) {
  auto exchange = Begin("SELECT id FROM input");
  for (int64_t i = 0; i < 50; ++i) ASSERT_TRUE(Write(*exchange, i));
  EXPECT_GT(space_->bytes_held(), 0);
  exchange->Abort(MakeError(ErrorKind::kCancelled, "enough"));
  EXPECT_FALSE(Write(*exchange, 50));
  EXPECT_EQ(KindOf(CountInOrder(*exchange).status()), ErrorKind::kCancelled);
  exchange.reset();
  const auto deadline = Clock::now() + std::chrono::seconds(5);
  while (space_->bytes_held() > 0 && Clock::now() < deadline) std::this_thread::yield();
  EXPECT_EQ(space_->bytes_held(), 0);
}

TEST_F(SpillingExchangeTest, DropsWhatAStatementThatIsOverDoesNotNeed) {
  const auto exchange = Begin("SELECT id FROM input LIMIT 100000");
  for (int64_t i = 0; i < 50; ++i) (void)Write(*exchange, i);
  EXPECT_EQ(CountInOrder(*exchange).ValueOr(-2), 100'000);
  EXPECT_FALSE(Write(*exchange, 50) && Write(*exchange, 51));
}

TEST_F(SpillingExchangeTest, TellsOfADiskThatIsNotThere) {
  const auto exchange = Begin("SELECT id FROM input", {.directory = "/proc/no/such"});
  bool needed = true;
  for (int64_t i = 0; i < 100 && needed; ++i) needed = Write(*exchange, i);
  const Status ended = CountInOrder(*exchange).status();
  EXPECT_EQ(KindOf(ended), ErrorKind::kUnavailable) << ended;
  EXPECT_THAT(ended.message(), HasSubstr("/proc/no/such"));
}

}  // namespace
}  // namespace arrowport::service
