#include "engine/result_queue.h"

#include <cstdint>
#include <memory>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bounded_queue.h"
#include "base/error.h"
#include "base/limits.h"
#include "engine/result_budget.h"
#include "engine/test_batches.h"

namespace arrowport::engine {
namespace {

using testing::MakeRows;

constexpr ResultQueueOptions kFourBatches{
    .bytes_max = 400, .batch_bytes = 100, .batch_bytes_min = 50};

class ResultQueueTest : public ::testing::Test {
 protected:
  bool Reserve(uint64_t index) {
    return queue_->Reserve(index, [this] { ++woken_; }, &reservation_);
  }

  // Reserves and pushes a batch whose first value is `value`.
  bool Push(uint64_t index, int64_t value) {
    if (!Reserve(index)) return false;
    queue_->Push(index, reservation_, MakeRows(value, 1), 100);
    return true;
  }

  // The first value of the next batch, or -1 for none.
  int64_t Poll() {
    std::shared_ptr<arrow::RecordBatch> batch;
    if (queue_->Poll(&batch, [this] { ++reader_woken_; }) != QueueState::kReady) return -1;
    return static_cast<const arrow::Int64Array&>(*batch->column(0)).Value(0);
  }

  const std::shared_ptr<ResultBudget> budget_ = std::make_shared<ResultBudget>(kGiB);
  const std::shared_ptr<ResultQueue> queue_ = std::make_shared<ResultQueue>(kFourBatches, budget_);
  ResultQueue::Reservation reservation_;
  int woken_ = 0;
  int reader_woken_ = 0;
};

TEST_F(ResultQueueTest, ParksAWorkerThatFindsNoRoomAndWakesItWhenAReaderTook) {
  for (int64_t i = 0; i < 4; ++i) ASSERT_TRUE(Push(0, i));
  EXPECT_EQ(budget_->held(), 400);
  EXPECT_FALSE(Reserve(0));
  EXPECT_EQ(woken_, 0);
  EXPECT_EQ(Poll(), 0);
  EXPECT_EQ(woken_, 1);
  EXPECT_TRUE(Reserve(0));
}

TEST_F(ResultQueueTest, CountsWhatAReaderTookUntilItIsDestroyed) {
  for (int64_t i = 0; i < 4; ++i) ASSERT_TRUE(Push(0, i));
  EXPECT_FALSE(Reserve(0));
  std::shared_ptr<arrow::RecordBatch> batch;
  ASSERT_EQ(queue_->Poll(&batch, [] {}), QueueState::kReady);
  EXPECT_EQ(woken_, 0);
  EXPECT_EQ(budget_->held(), 400);
  batch = nullptr;
  EXPECT_EQ(woken_, 1);
  EXPECT_EQ(budget_->held(), 300);
}

TEST_F(ResultQueueTest, GoesOnForAReaderThatKeepsEverything) {
  std::vector<std::shared_ptr<arrow::RecordBatch>> kept(10);
  for (auto& batch : kept) {
    ASSERT_TRUE(Push(0, 1));
    ASSERT_EQ(queue_->Poll(&batch, [] {}), QueueState::kReady);
  }
  EXPECT_EQ(budget_->held(), 1'000);
  queue_->Close(MakeError(ErrorKind::kCancelled, "gone"));
  kept.clear();
  EXPECT_EQ(budget_->held(), 0);
}

TEST_F(ResultQueueTest, MakesSmallerBatchesWhereTheBudgetIsShort) {
  ASSERT_TRUE(Reserve(0));
  EXPECT_EQ(reservation_.bytes, 100);
  queue_->Unreserve(reservation_);
  const auto tight = std::make_shared<ResultQueue>(
      ResultQueueOptions{.bytes_max = 64 * kMiB, .batch_bytes = 2 * kMiB, .batch_bytes_min = kKiB},
      budget_);
  budget_->Change({}, {.held = 2 * kGiB});
  ASSERT_TRUE(tight->Reserve(0, [] {}, &reservation_));
  EXPECT_EQ(reservation_.bytes, limits::kResultFloorBytes / 4);
  tight->Unreserve(reservation_);
  budget_->Change({.held = 2 * kGiB}, {});
}

TEST_F(ResultQueueTest, WakesAReaderOnceForABatch) {
  EXPECT_EQ(Poll(), -1);
  ASSERT_TRUE(Push(0, 7));
  ASSERT_TRUE(Push(0, 8));
  EXPECT_EQ(reader_woken_, 1);
  EXPECT_EQ(Poll(), 7);
}

TEST_F(ResultQueueTest, GivesBatchesByTheirIndexWhateverCameFirst) {
  queue_->SetOrder(ResultOrder::kBatchIndex);
  ASSERT_TRUE(Push(3, 30));
  ASSERT_TRUE(Push(1, 10));
  EXPECT_EQ(Poll(), -1);
  queue_->AdvanceTo(1);
  EXPECT_EQ(Poll(), 10);
  EXPECT_EQ(Poll(), -1);
  queue_->AdvanceTo(3);
  EXPECT_EQ(Poll(), 30);
}

TEST_F(ResultQueueTest, LetsTheSmallestIndexGoOnWhenTheOthersHaveFilledTheirShare) {
  queue_->SetOrder(ResultOrder::kBatchIndex);
  ASSERT_TRUE(Push(5, 50));
  ASSERT_TRUE(Push(5, 51));
  EXPECT_FALSE(Reserve(5));
  EXPECT_TRUE(Push(0, 0));
  EXPECT_EQ(Poll(), 0);
}

TEST_F(ResultQueueTest, WakesAWorkerWhoseIndexBecameTheSmallest) {
  queue_->SetOrder(ResultOrder::kBatchIndex);
  ASSERT_TRUE(Push(5, 50));
  ASSERT_TRUE(Push(5, 51));
  ASSERT_FALSE(Reserve(6));
  queue_->AdvanceTo(6);
  EXPECT_EQ(woken_, 0) << "what was ahead fills the readable share now";
  EXPECT_EQ(Poll(), 50);
  EXPECT_EQ(woken_, 1);
}

TEST_F(ResultQueueTest, WakesAParkedWorkerWhenAReservationIsGivenBack) {
  for (int64_t i = 0; i < 3; ++i) ASSERT_TRUE(Push(0, i));
  ASSERT_TRUE(Reserve(0));
  const auto reservation = reservation_;
  ASSERT_FALSE(Reserve(0));
  queue_->Unreserve(reservation);
  EXPECT_EQ(woken_, 1);
}

TEST_F(ResultQueueTest, TakesABatchThatIsLargerThanTheBoundWhenItIsAlone) {
  ASSERT_TRUE(Reserve(0));
  queue_->Push(0, reservation_, MakeRows(1, 1), 1'000);
  EXPECT_FALSE(Reserve(0));
  EXPECT_EQ(Poll(), 1);
  EXPECT_TRUE(Reserve(0));
}

TEST_F(ResultQueueTest, KeepsWhatIsReadableAfterAGoodEnd) {
  ASSERT_TRUE(Push(0, 7));
  queue_->Close(Status::OK());
  EXPECT_EQ(Poll(), 7);
  std::shared_ptr<arrow::RecordBatch> batch;
  EXPECT_EQ(queue_->Poll(&batch, [] {}), QueueState::kClosed);
  EXPECT_TRUE(queue_->status().ok());
}

TEST_F(ResultQueueTest, DropsEverythingAndWakesEverybodyOnAFailure) {
  for (int64_t i = 0; i < 4; ++i) ASSERT_TRUE(Push(0, i));
  ASSERT_FALSE(Reserve(0));
  queue_->Close(MakeError(ErrorKind::kCancelled, "gone"));
  EXPECT_EQ(woken_, 1);
  EXPECT_EQ(budget_->held(), 0);
  std::shared_ptr<arrow::RecordBatch> batch;
  EXPECT_EQ(queue_->Poll(&batch, [] {}), QueueState::kClosed);
  EXPECT_EQ(KindOf(queue_->status()), ErrorKind::kCancelled);
  queue_->Close(Status::OK());
  EXPECT_EQ(KindOf(queue_->status()), ErrorKind::kCancelled) << "the first end decides";
}

}  // namespace
}  // namespace arrowport::engine
