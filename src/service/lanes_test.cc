#include "service/lanes.h"

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/event.h"
#include "engine/database.h"
#include "engine/table.h"
#include "engine/test_batches.h"

namespace arrowport::service {
namespace {

using engine::testing::MakeRows;
using engine::testing::OpenMemory;
using engine::testing::ReadAll;
using engine::testing::ReadInt;
using ::testing::HasSubstr;

class LanesTest : public ::testing::Test {
 protected:
  // Queues `rows` for `table`; its end is in outcomes_[id].
  void Add(int id, const std::string& table, const std::shared_ptr<arrow::RecordBatch>& rows,
           std::chrono::milliseconds delay_max = {}) {
    Lanes::Entry entry;
    entry.delay_max = delay_max;
    entry.rows = {.table = engine::TableName::Parse(table).ValueOrDie(),
                  .schema = rows->schema(),
                  .batches = {rows}};
    entry.lane = entry.rows.table.Key();
    entry.bytes = rows->num_rows();
    entry.done = [this, id](const Status& status) {
      const std::lock_guard lock(mutex_);
      outcomes_[id] = status;
    };
    ++added_;
    const Status added = lanes_->Add(entry);
    if (!added.ok()) entry.done(added);
  }

  // Holds the lane of `table` until the returned event is set.
  std::shared_ptr<Event> Hold(const std::string& table) {
    auto held = std::make_shared<Event>();
    auto release = std::make_shared<Event>();
    const auto rows = MakeRows(0, 1);
    Lanes::Entry entry;
    entry.rows = {.table = engine::TableName::Parse(table).ValueOrDie(),
                  .schema = rows->schema(),
                  .batches = {rows}};
    entry.lane = entry.rows.table.Key();
    entry.done = [held, release](const Status& status) {
      EXPECT_TRUE(status.ok()) << status;
      held->Set();
      release->Wait();
    };
    EXPECT_TRUE(lanes_->Add(entry).ok());
    held->Wait();
    return release;
  }

  // How what was added as `id` ended.
  Status WaitFor(int id) {
    for (;;) {
      {
        const std::lock_guard lock(mutex_);
        const auto found = outcomes_.find(id);
        if (found != outcomes_.end()) return found->second;
      }
      std::this_thread::yield();
    }
  }

  // How all that was added ended.
  std::map<int, Status> WaitForOutcomes() {
    for (;;) {
      {
        const std::lock_guard lock(mutex_);
        if (outcomes_.size() == added_) return outcomes_;
      }
      std::this_thread::yield();
    }
  }

  std::shared_ptr<engine::Database> database_ = OpenMemory();
  size_t added_ = 0;
  std::mutex mutex_;
  std::map<int, Status> outcomes_;  // Guarded by mutex_.
  std::shared_ptr<Lanes> lanes_ = std::make_shared<Lanes>(database_, LaneOptions{});
};

TEST_F(LanesTest, CommitsTogetherWhatQueuedMeanwhile) {
  ASSERT_TRUE(ReadAll(*database_,
                      "CREATE TABLE t(id BIGINT, name VARCHAR, tx BIGINT DEFAULT txid_current())")
                  .ok());
  auto release = Hold("t");
  for (int i = 1; i <= 20; ++i) Add(i, "t", MakeRows(i, 1));
  EXPECT_EQ(lanes_->pending(), 20);
  release->Set();
  for (const auto& [id, status] : WaitForOutcomes())
    EXPECT_TRUE(status.ok()) << id << ": " << status;
  EXPECT_EQ(*ReadInt(*database_, "SELECT count(*) FROM t WHERE id = rowid"), 21);
  EXPECT_EQ(*ReadInt(*database_, "SELECT count(DISTINCT tx) FROM t"), 2);
}

TEST_F(LanesTest, RefusesOnlyTheGuilty) {
  ASSERT_TRUE(ReadAll(*database_, "CREATE TABLE t(id BIGINT PRIMARY KEY, name VARCHAR)").ok());
  auto release = Hold("t");
  for (int i = 1; i <= 30; ++i) {
    Add(i, "t", i % 10 == 0 ? MakeRows(0, 1) : MakeRows(i, 1));
  }
  Add(31, "t",
      arrow::RecordBatch::Make(arrow::schema({arrow::field("x", arrow::int64())}), 1,
                               {MakeRows(0, 1)->column(0)}));
  release->Set();
  for (const auto& [id, status] : WaitForOutcomes()) {
    EXPECT_EQ(status.ok(), id % 10 != 0 && id != 31) << id << ": " << status;
    EXPECT_TRUE(status.ok() || KindOf(status) == ErrorKind::kConflict) << status;
  }
  EXPECT_EQ(*ReadInt(*database_, "SELECT count(*) FROM t"), 28);
}

TEST_F(LanesTest, BoundsAGroupByItsBytes) {
  lanes_ = std::make_shared<Lanes>(database_, LaneOptions{.group_bytes_max = 10});
  auto release = Hold("t");
  Add(1, "t", MakeRows(0, 100));
  Add(2, "t", MakeRows(100, 5));
  Add(3, "t", MakeRows(105, 5));
  release->Set();
  EXPECT_EQ(WaitForOutcomes().size(), 3U);
  EXPECT_EQ(*ReadInt(*database_, "SELECT count(*) FROM t"), 111);
}

TEST_F(LanesTest, LetsOtherTablesPass) {
  auto release = Hold("t");
  Add(1, "t", MakeRows(1, 1));
  Add(2, "u", MakeRows(1, 1));
  while (lanes_->pending() > 1) std::this_thread::yield();
  EXPECT_EQ(*ReadInt(*database_, "SELECT count(*) FROM u"), 1);
  EXPECT_EQ(*ReadInt(*database_, "SELECT count(*) FROM t"), 1);
  release->Set();
  (void)WaitForOutcomes();
}

TEST_F(LanesTest, KeepsNoThreadForWhatWaitsForCompany) {
  // More than there are threads.
  for (int id = 1; id <= 70; ++id) {
    Add(id, "patient" + std::to_string(id), MakeRows(id, 1), std::chrono::hours(1));
  }
  Add(71, "hasty", MakeRows(0, 1));
  EXPECT_TRUE(WaitFor(71).ok());
  EXPECT_EQ(lanes_->pending(), 70);
  lanes_->Hurry();
  for (const auto& [id, outcome] : WaitForOutcomes()) EXPECT_TRUE(outcome.ok()) << id << outcome;
}

TEST_F(LanesTest, WaitsForCompanyUntilTheFirstMayWaitNoMore) {
  Add(1, "t", MakeRows(0, 1), std::chrono::hours(1));
  Add(2, "t", MakeRows(1, 1), std::chrono::milliseconds(20));
  Add(3, "t", MakeRows(2, 1), std::chrono::hours(1));
  for (const auto& [id, outcome] : WaitForOutcomes()) EXPECT_TRUE(outcome.ok()) << id << outcome;
  EXPECT_EQ(*ReadInt(*database_, "SELECT count(*) FROM t"), 3);
}

TEST_F(LanesTest, AFullGroupWaitsNoMore) {
  lanes_ = std::make_shared<Lanes>(database_, LaneOptions{.group_bytes_max = 1'000});
  Add(1, "t", MakeRows(0, 600), std::chrono::hours(1));
  Add(2, "t", MakeRows(600, 600), std::chrono::hours(1));
  for (const auto& [id, outcome] : WaitForOutcomes()) EXPECT_TRUE(outcome.ok()) << id << outcome;
  EXPECT_EQ(*ReadInt(*database_, "SELECT count(*) FROM t"), 1200);
}

TEST_F(LanesTest, WhatWaitsFailsWithTheLanes) {
  Add(1, "t", MakeRows(0, 1), std::chrono::hours(1));
  lanes_.reset();
  EXPECT_EQ(KindOf(WaitForOutcomes()[1]), ErrorKind::kUnavailable);
}

TEST_F(LanesTest, IsOneLaneHoweverTheNameIsWritten) {
  auto release = Hold("t");
  Add(1, "T", MakeRows(1, 1));
  Add(2, "\"t\"", MakeRows(2, 1));
  EXPECT_EQ(lanes_->pending(), 2);
  release->Set();
  (void)WaitForOutcomes();
  EXPECT_EQ(*ReadInt(*database_, "SELECT count(*) FROM t"), 3);
}

TEST_F(LanesTest, FailsWhatWaitsWhenItIsStopped) {
  auto release = Hold("t");
  Add(1, "t", MakeRows(1, 1));
  lanes_->Stop(MakeError(ErrorKind::kUnavailable, "stopping"));
  Add(2, "t", MakeRows(2, 1));
  EXPECT_EQ(lanes_->pending(), 0);
  release->Set();
  const auto ends = WaitForOutcomes();
  ASSERT_EQ(ends.size(), 2U);
  for (const auto& [id, status] : ends) EXPECT_THAT(status.message(), HasSubstr("stopping"));
  EXPECT_EQ(*ReadInt(*database_, "SELECT count(*) FROM t"), 1);
}

}  // namespace
}  // namespace arrowport::service
