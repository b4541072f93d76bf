#include "service/ledger.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/call_control.h"
#include "base/error.h"
#include "base/ids.h"
#include "engine/database.h"
#include "engine/test_batches.h"
#include "service/put.h"

namespace arrowport::service {
namespace {

using ::testing::HasSubstr;
using Kind = Ledger::Verdict::Kind;

class LedgerTest : public ::testing::Test {
 protected:
  LedgerTest() { EXPECT_TRUE(ledger_.Load().ok()); }

  static PutSummary PutOf(int64_t sequence, int64_t epoch = 0) {
    PutSummary put;
    put.stream = "s";
    put.rows = 100 + sequence;
    put.stamp = ProducerStamp{.producer = "p", .epoch = epoch, .sequence = sequence};
    return put;
  }

  Ledger::Verdict Decide(
      const PutSummary& put, bool is_alone = false, std::function<void()> wake = [] {}) {
    return ledger_.Decide(put.stamp, put, is_alone ? "" : "lane", std::move(wake),
                          [](Ledger::Generation) {});
  }

  Status CheckTurn(int64_t sequence, Ledger::Generation generation) const {
    return ledger_.CheckTurn("s", PutOf(sequence).stamp, generation);
  }

  void Fail(int64_t sequence, Ledger::Generation generation) {
    ledger_.Failed("s", PutOf(sequence).stamp, generation);
  }

  std::shared_ptr<engine::Database> database_ = engine::testing::OpenMemory();
  Ledger ledger_{database_};
};

TEST_F(LedgerTest, TakesPutsInTheirTurnWhileOthersAreCommitted) {
  EXPECT_EQ(Decide(PutOf(1)).kind, Kind::kLand);
  EXPECT_EQ(Decide(PutOf(2)).kind, Kind::kLand);
  const auto gap = Decide(PutOf(4));
  EXPECT_EQ(gap.kind, Kind::kRefuse);
  EXPECT_THAT(gap.status.message(), HasSubstr("expected is 3"));
  ledger_.Landed(PutOf(1), 0);
  ledger_.Landed(PutOf(2), 0);
  const auto again = Decide(PutOf(1));
  EXPECT_EQ(again.kind, Kind::kDuplicate);
  EXPECT_EQ(again.summary.rows, 101);
  EXPECT_TRUE(again.summary.duplicate);
}

TEST_F(LedgerTest, WakesWhoSentTheSameAgainWhenTheFirstIsOver) {
  int woken = 0;
  EXPECT_EQ(Decide(PutOf(1)).kind, Kind::kLand);
  EXPECT_EQ(Decide(PutOf(1), false, [&woken] { ++woken; }).kind, Kind::kWait);
  ledger_.Landed(PutOf(1), 0);
  EXPECT_EQ(woken, 1);
  EXPECT_EQ(Decide(PutOf(1)).kind, Kind::kDuplicate);
  const auto second = Decide(PutOf(2));
  EXPECT_EQ(Decide(PutOf(2), false, [&woken] { ++woken; }).kind, Kind::kWait);
  Fail(2, second.generation);
  EXPECT_EQ(woken, 2);
  EXPECT_EQ(Decide(PutOf(2)).kind, Kind::kLand);
}

TEST_F(LedgerTest, LetsAPutOfAnotherLaneWaitForThoseBeforeIt) {
  // It could land first, and then pass for the one before it.
  const auto decide = [this](int64_t sequence, const std::string& lane,
                             std::function<void()> wake) {
    const PutSummary put = PutOf(sequence);
    return ledger_.Decide(put.stamp, put, lane, std::move(wake), [](Ledger::Generation) {});
  };
  int woken = 0;
  EXPECT_EQ(decide(1, "a", [] {}).kind, Kind::kLand);
  EXPECT_EQ(decide(2, "b", [&woken] { ++woken; }).kind, Kind::kWait);
  ledger_.Landed(PutOf(1), 0);
  EXPECT_EQ(woken, 1);
  EXPECT_EQ(decide(2, "b", [] {}).kind, Kind::kLand);
  EXPECT_EQ(decide(3, "b", [] {}).kind, Kind::kLand);
}

TEST_F(LedgerTest, RemembersNoProducerOfWhomNothingLanded) {
  EXPECT_EQ(Decide(PutOf(7)).kind, Kind::kRefuse);
  EXPECT_EQ(ledger_.producers(), 0U);
  EXPECT_EQ(Decide(PutOf(1)).kind, Kind::kLand);
  EXPECT_EQ(Decide(PutOf(2)).kind, Kind::kLand);
  Fail(1, 0);
  EXPECT_EQ(ledger_.producers(), 1U);
  Fail(2, 0);
  EXPECT_EQ(ledger_.producers(), 0U);
  EXPECT_EQ(Decide(PutOf(1)).kind, Kind::kLand);
  ledger_.Landed(PutOf(1), 0);
  EXPECT_EQ(ledger_.producers(), 1U);
}

TEST_F(LedgerTest, LetsNothingLandBehindOneThatFailed) {
  const auto first = Decide(PutOf(1));
  const auto second = Decide(PutOf(2));
  const auto third = Decide(PutOf(3));
  Fail(2, second.generation);
  EXPECT_TRUE(CheckTurn(1, first.generation).ok());
  EXPECT_EQ(KindOf(CheckTurn(3, third.generation)), ErrorKind::kConflict);
  // Sent again while the old third still waits.
  const auto second_again = Decide(PutOf(2));
  EXPECT_EQ(second_again.kind, Kind::kLand);
  const auto third_again = Decide(PutOf(3));
  EXPECT_EQ(third_again.kind, Kind::kLand);
  EXPECT_FALSE(CheckTurn(3, third.generation).ok());
  Fail(3, third.generation);
  EXPECT_TRUE(CheckTurn(1, first.generation).ok());
  EXPECT_TRUE(CheckTurn(2, second_again.generation).ok());
  EXPECT_TRUE(CheckTurn(3, third_again.generation).ok());
}

TEST_F(LedgerTest, LetsNothingLandBehindAnEarlierOneThatFailsLater) {
  const auto first = Decide(PutOf(1));
  const auto second = Decide(PutOf(2));
  Fail(2, second.generation);
  const auto second_again = Decide(PutOf(2));
  Fail(1, first.generation);
  EXPECT_FALSE(CheckTurn(2, second_again.generation).ok());
  Fail(2, second_again.generation);
  EXPECT_EQ(Decide(PutOf(2)).kind, Kind::kRefuse);
  EXPECT_EQ(Decide(PutOf(1)).kind, Kind::kLand);
}

TEST_F(LedgerTest, KeepsALargePutApart) {
  EXPECT_EQ(Decide(PutOf(1)).kind, Kind::kLand);
  EXPECT_EQ(Decide(PutOf(2), true).kind, Kind::kRefuse);
  ledger_.Landed(PutOf(1), 0);
  EXPECT_EQ(Decide(PutOf(2), true).kind, Kind::kLand);
  int woken = 0;
  EXPECT_EQ(Decide(PutOf(3), false, [&woken] { ++woken; }).kind, Kind::kWait);
  ledger_.Landed(PutOf(2), 0);
  EXPECT_EQ(woken, 1);
  EXPECT_EQ(Decide(PutOf(3)).kind, Kind::kLand);
}

TEST_F(LedgerTest, FencesOutEarlierEpochs) {
  EXPECT_EQ(Decide(PutOf(1, 3)).kind, Kind::kLand);
  const auto fenced = Decide(PutOf(2, 2));
  EXPECT_EQ(fenced.kind, Kind::kRefuse);
  EXPECT_THAT(fenced.status.message(), HasSubstr("epoch 3"));
  EXPECT_FALSE(ledger_.CheckEarly("s", PutOf(2, 2).stamp).ok());
  EXPECT_FALSE(*ledger_.CheckEarly("s", PutOf(1, 3).stamp));
  ledger_.Landed(PutOf(1, 3), 0);
  EXPECT_TRUE(*ledger_.CheckEarly("s", PutOf(1, 3).stamp));
}

TEST_F(LedgerTest, IsReadAgainAndKeepsTheLastAnswers) {
  for (int64_t sequence = 1; sequence <= 40; ++sequence) {
    ASSERT_TRUE(database_->AppendTogether({LedgerRows({PutOf(sequence, 2)})}).status.ok());
  }
  Ledger other(database_);
  ASSERT_TRUE(other.Load().ok());
  const auto decide = [&other](int64_t sequence) {
    const PutSummary put = PutOf(sequence, 2);
    return other.Decide(put.stamp, put, "lane", [] {}, [](Ledger::Generation) {});
  };
  EXPECT_EQ(decide(40).summary.rows, 140);
  EXPECT_EQ(decide(1).kind, Kind::kDuplicate);
  EXPECT_EQ(decide(41).kind, Kind::kLand);
  EXPECT_EQ(*engine::testing::ReadInt(*database_, "SELECT count(*) FROM _arrowport.ledger"), 16);
}

// Of a database that DuckDB gives up, and that is opened again.
class ReopenedLedgerTest : public LedgerTest {
 protected:
  ReopenedLedgerTest() {
    std::filesystem::create_directories(folder_);
    database_ = engine::Database::Open({.path = folder_ / "x.duckdb"}).ValueOrDie();
    EXPECT_TRUE(ledger().Load().ok());
  }

  ~ReopenedLedgerTest() override {
    own_.reset();
    database_.reset();
    std::filesystem::remove_all(folder_);
  }

  ReopenedLedgerTest(const ReopenedLedgerTest&) = delete;
  ReopenedLedgerTest& operator=(const ReopenedLedgerTest&) = delete;

  Ledger& ledger() {
    if (own_ == nullptr) own_ = std::make_unique<Ledger>(database_);
    return *own_;
  }

  Ledger::Verdict Ask(const PutSummary& put, std::function<void()> wake = [] {}) {
    return ledger().Decide(put.stamp, put, "lane", std::move(wake), [](Ledger::Generation) {});
  }

  void Land(int64_t sequence) const {
    ASSERT_TRUE(database_->AppendTogether({LedgerRows({PutOf(sequence)})}).status.ok());
  }

  [[nodiscard]] bool Reopen() const {
    const std::string abort = "SET GLOBAL debug_checkpoint_abort = 'before_header'";
    if (!engine::testing::ReadAll(*database_, abort).ok() || database_->Checkpoint().ok()) {
      return false;
    }
    const auto end = Clock::now() + std::chrono::seconds(20);
    while (database_->edition() == 1 && Clock::now() < end) std::this_thread::yield();
    return database_->edition() == 2;
  }

  const std::filesystem::path folder_ =
      std::filesystem::path(::testing::TempDir()) / ("arrowport_ledger_" + NewId());
  std::unique_ptr<Ledger> own_;
};

TEST_F(ReopenedLedgerTest, LooksUpWhatWasBeingCommitted) {
  const auto first = Ask(PutOf(1));
  const auto second = Ask(PutOf(2));
  ASSERT_EQ(second.kind, Kind::kLand);
  int woken = 0;
  EXPECT_EQ(Ask(PutOf(1), [&woken] { ++woken; }).kind, Kind::kWait);
  // The first one made it to the disk, and nobody was told.
  Land(1);
  ASSERT_TRUE(Reopen());
  EXPECT_FALSE(ledger().is_loaded());
  EXPECT_EQ(KindOf(Ask(PutOf(1)).status), ErrorKind::kUnavailable);
  const Status turn = ledger().CheckTurn("s", PutOf(2).stamp, second.generation);
  EXPECT_EQ(KindOf(turn), ErrorKind::kUnavailable);
  ASSERT_TRUE(ledger().Load().ok());
  EXPECT_EQ(woken, 1);
  EXPECT_FALSE(ledger().CheckTurn("s", PutOf(2).stamp, second.generation).ok());
  // What is over of the time before counts no more.
  ledger().Failed("s", PutOf(1).stamp, first.generation);
  ledger().Landed(PutOf(2), second.generation);
  EXPECT_EQ(Ask(PutOf(1)).kind, Kind::kDuplicate);
  const auto again = Ask(PutOf(2));
  EXPECT_EQ(again.kind, Kind::kLand);
  EXPECT_TRUE(ledger().CheckTurn("s", PutOf(2).stamp, again.generation).ok());
  ledger().Landed(PutOf(2), again.generation);
  EXPECT_EQ(Ask(PutOf(2)).kind, Kind::kDuplicate);
}

}  // namespace
}  // namespace arrowport::service
