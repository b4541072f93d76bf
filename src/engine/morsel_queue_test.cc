#include "engine/morsel_queue.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include <arrow/api.h>
#include <gtest/gtest.h>

#include "base/bounded_queue.h"
#include "base/error.h"
#include "base/event.h"

namespace arrowport::engine {
namespace {

/// One batch without columns, which its count of rows tells from others.
Batches One(int64_t rows) {
  const arrow::ArrayVector no_columns;
  return {arrow::RecordBatch::Make(arrow::schema({}), rows, no_columns)};
}

MorselQueue::Wake Never() {
  return [] { FAIL() << "nobody asked to be woken"; };
}

MorselQueue::Wake Counting(int* calls) {
  return [calls] { ++*calls; };
}

QueueState Push(MorselQueue& queue, int64_t rows, bool last, int64_t bytes = 1,
                MorselQueue::Wake wake = Never()) {
  MorselQueue::Part part{.batches = One(rows), .bytes = bytes, .last = last};
  return queue.Push(part, std::move(wake));
}

/// One that takes parts.
struct Worker {
  QueueState Pop(MorselQueue& queue, MorselQueue::Wake wake = Never()) {
    batches.clear();
    return queue.Pop(place, &batches, std::move(wake));
  }
  [[nodiscard]] int64_t rows() const { return batches.empty() ? 0 : batches[0]->num_rows(); }

  MorselQueue::Place place;
  Batches batches;
};

TEST(MorselQueueTest, GivesAllPartsOfAMorselToOneWorker) {
  MorselQueue queue(100);
  for (const int64_t rows : {1, 2, 3, 4}) Push(queue, rows, rows % 2 == 0);
  Worker first;
  Worker second;
  EXPECT_EQ(first.Pop(queue), QueueState::kReady);
  EXPECT_EQ(second.Pop(queue), QueueState::kReady);
  EXPECT_EQ(first.rows(), 1);
  EXPECT_EQ(second.rows(), 3);
  EXPECT_EQ(second.Pop(queue), QueueState::kReady);
  EXPECT_EQ(first.Pop(queue), QueueState::kReady);
  EXPECT_EQ(first.rows(), 2);
  EXPECT_EQ(second.rows(), 4);
  EXPECT_EQ(first.place.morsel, 0);
  EXPECT_EQ(second.place.morsel, 1);
  EXPECT_FALSE(first.place.within);
}

TEST(MorselQueueTest, WakesTheWorkerWhoseMorselGoesOn) {
  MorselQueue queue(100);
  Worker first;
  Worker second;
  int first_wakes = 0;
  int second_wakes = 0;
  Push(queue, 1, false);
  EXPECT_EQ(first.Pop(queue), QueueState::kReady);
  EXPECT_EQ(second.Pop(queue, Counting(&second_wakes)), QueueState::kWait);
  EXPECT_EQ(first.Pop(queue, Counting(&first_wakes)), QueueState::kWait);
  Push(queue, 2, true);
  EXPECT_EQ(first_wakes, 1);
  EXPECT_EQ(second_wakes, 0);
  Push(queue, 3, false);
  EXPECT_EQ(first_wakes, 1);
  EXPECT_EQ(second_wakes, 1);
  EXPECT_EQ(second.Pop(queue), QueueState::kReady);
  EXPECT_EQ(second.rows(), 3);
  EXPECT_EQ(first.Pop(queue), QueueState::kReady);
  EXPECT_EQ(first.rows(), 2);
}

TEST(MorselQueueTest, EndsAMorselWithAnEmptyPart) {
  MorselQueue queue(100);
  Push(queue, 1, false);
  MorselQueue::Part end{.batches = {}, .bytes = 0, .last = true};
  EXPECT_EQ(queue.Push(end, Never()), QueueState::kReady);
  Push(queue, 2, false);
  Worker worker;
  EXPECT_EQ(worker.Pop(queue), QueueState::kReady);
  EXPECT_EQ(worker.Pop(queue), QueueState::kReady);
  EXPECT_TRUE(worker.batches.empty());
  EXPECT_EQ(worker.place.morsel, 0);
  EXPECT_EQ(worker.Pop(queue), QueueState::kReady);
  EXPECT_EQ(worker.rows(), 2);
  EXPECT_EQ(worker.place.morsel, 1);
}

TEST(MorselQueueTest, LetsTheProducerWaitWhileItIsFull) {
  MorselQueue queue(10);
  int wakes = 0;
  EXPECT_EQ(Push(queue, 1, false, 20), QueueState::kReady);  // Larger than the bound, and alone.
  EXPECT_EQ(Push(queue, 2, false, 1, Counting(&wakes)), QueueState::kWait);
  Worker worker;
  EXPECT_EQ(worker.Pop(queue), QueueState::kReady);
  EXPECT_EQ(wakes, 1);
  EXPECT_EQ(Push(queue, 2, false, 10), QueueState::kReady);
}

TEST(MorselQueueTest, GivesWhatWaitsAfterItWasClosedWell) {
  MorselQueue queue(100);
  Worker first;
  Worker second;
  int wakes = 0;
  Push(queue, 1, false);
  EXPECT_EQ(first.Pop(queue), QueueState::kReady);
  EXPECT_EQ(second.Pop(queue, Counting(&wakes)), QueueState::kWait);
  Push(queue, 2, false);
  queue.Close(Status::OK());
  EXPECT_EQ(wakes, 1);
  EXPECT_EQ(second.Pop(queue), QueueState::kClosed);
  EXPECT_EQ(first.Pop(queue), QueueState::kReady);
  EXPECT_EQ(first.rows(), 2);
  EXPECT_EQ(first.Pop(queue), QueueState::kClosed);
  EXPECT_EQ(Push(queue, 3, false), QueueState::kClosed);
}

TEST(MorselQueueTest, DropsWhatWaitsWhenItIsClosedForAnError) {
  MorselQueue queue(10);
  Worker first;
  Worker second;
  int producer_wakes = 0;
  int worker_wakes = 0;
  Push(queue, 1, true);
  Push(queue, 2, false);
  EXPECT_EQ(first.Pop(queue), QueueState::kReady);
  EXPECT_EQ(second.Pop(queue), QueueState::kReady);
  EXPECT_EQ(second.Pop(queue, Counting(&worker_wakes)), QueueState::kWait);
  EXPECT_EQ(Push(queue, 3, true, 10), QueueState::kReady);
  EXPECT_EQ(worker_wakes, 1);
  EXPECT_EQ(Push(queue, 4, true, 10, Counting(&producer_wakes)), QueueState::kWait);
  queue.Close(MakeError(ErrorKind::kCancelled, "enough"));
  queue.Close(Status::OK());
  EXPECT_EQ(producer_wakes, 1);
  EXPECT_EQ(first.Pop(queue), QueueState::kClosed);
  EXPECT_EQ(second.Pop(queue), QueueState::kClosed);
  EXPECT_EQ(queue.status().message(), "enough");
}

// Every part is taken once, and those of one morsel by one worker in their order.
TEST(MorselQueueTest, ServesManyWorkersAtOnce) {
  constexpr int64_t kParts = 20'000;
  constexpr int64_t kPartsOfMorsel = 7;
  MorselQueue queue(5);
  std::mutex mutex;
  std::set<int64_t> taken;  // Guarded by mutex.
  std::atomic<bool> in_order = true;
  const auto work = [&] {
    Worker worker;
    int64_t before = -1;
    for (;;) {
      Event woken;
      const QueueState state = worker.Pop(queue, [&woken] { woken.Set(); });
      if (state == QueueState::kClosed) return;
      if (state == QueueState::kWait) {
        woken.Wait();
        continue;
      }
      const int64_t part = worker.rows();
      const bool begins = part % kPartsOfMorsel == 0;
      if (begins ? part < before : part != before + 1) in_order = false;
      if (static_cast<int64_t>(worker.place.morsel) != part / kPartsOfMorsel) in_order = false;
      before = part;
      const std::lock_guard lock(mutex);
      taken.insert(part);
    }
  };
  std::array<std::thread, 4> threads;
  for (std::thread& thread : threads) thread = std::thread(work);
  for (int64_t part = 0; part < kParts;) {
    Event woken;
    const bool last = part % kPartsOfMorsel == kPartsOfMorsel - 1;
    if (Push(queue, part, last, 1, [&woken] { woken.Set(); }) == QueueState::kReady) {
      ++part;
    } else {
      woken.Wait();
    }
  }
  queue.Close(Status::OK());
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(taken.size(), kParts);
  EXPECT_TRUE(in_order);
}

}  // namespace
}  // namespace arrowport::engine
