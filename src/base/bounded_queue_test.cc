#include "base/bounded_queue.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/event.h"

namespace arrowport {
namespace {

using testing::ElementsAre;

BoundedQueue<int>::Wake Never() {
  return [] { FAIL() << "nobody asked to be woken"; };
}

/// Counts how often it is called.
BoundedQueue<int>::Wake Counting(int* calls) {
  return [calls] { ++*calls; };
}

QueueState PushValue(BoundedQueue<int>& queue, int value, int64_t bytes,
                     BoundedQueue<int>::Wake wake) {
  return queue.Push(value, bytes, std::move(wake));
}

std::vector<int> Drain(BoundedQueue<int>& queue) {
  std::vector<int> values;
  std::optional<int> value;
  while (queue.Pop(&value, [] {}) == QueueState::kReady) values.push_back(value.value_or(-1));
  return values;
}

TEST(BoundedQueueTest, GivesItemsInTheOrderTheyCame) {
  BoundedQueue<int> queue(100);
  for (const int value : {1, 2, 3}) {
    EXPECT_EQ(PushValue(queue, value, 10, Never()), QueueState::kReady);
  }
  EXPECT_EQ(queue.bytes_held(), 30);
  EXPECT_THAT(Drain(queue), ElementsAre(1, 2, 3));
  EXPECT_EQ(queue.bytes_held(), 0);
}

TEST(BoundedQueueTest, LetsAProducerWaitWhileItIsFullAndWakesItOnce) {
  BoundedQueue<int> queue(10);
  int wakes = 0;
  EXPECT_EQ(PushValue(queue, 1, 10, Never()), QueueState::kReady);
  EXPECT_EQ(PushValue(queue, 2, 1, Counting(&wakes)), QueueState::kWait);
  EXPECT_EQ(wakes, 0);
  std::optional<int> value;
  EXPECT_EQ(queue.Pop(&value, Never()), QueueState::kReady);
  EXPECT_EQ(wakes, 1);
  EXPECT_EQ(PushValue(queue, 2, 1, Never()), QueueState::kReady);
  EXPECT_EQ(queue.Pop(&value, Never()), QueueState::kReady);
  EXPECT_EQ(value, 2);
  EXPECT_EQ(wakes, 1);
}

TEST(BoundedQueueTest, LeavesAnItemAloneThatItHasNoRoomFor) {
  BoundedQueue<std::unique_ptr<int>> queue(10);
  auto first = std::make_unique<int>(1);
  auto second = std::make_unique<int>(2);
  EXPECT_EQ(queue.Push(first, 10, [] {}), QueueState::kReady);
  EXPECT_EQ(first, nullptr);
  EXPECT_EQ(queue.Push(second, 10, [] {}), QueueState::kWait);
  EXPECT_NE(second, nullptr);
}

TEST(BoundedQueueTest, TakesAnItemOverItsBoundWhenItIsEmpty) {
  BoundedQueue<int> queue(10);
  EXPECT_EQ(PushValue(queue, 1, 1'000, Never()), QueueState::kReady);
  EXPECT_EQ(PushValue(queue, 2, 1, [] {}), QueueState::kWait);
}

TEST(BoundedQueueTest, WakesOneConsumerForEachItem) {
  BoundedQueue<int> queue(100);
  int first_wakes = 0;
  int second_wakes = 0;
  std::optional<int> value;
  EXPECT_EQ(queue.Pop(&value, Counting(&first_wakes)), QueueState::kWait);
  EXPECT_EQ(queue.Pop(&value, Counting(&second_wakes)), QueueState::kWait);
  PushValue(queue, 1, 1, Never());
  EXPECT_EQ(first_wakes, 1);
  EXPECT_EQ(second_wakes, 0);
  PushValue(queue, 2, 1, Never());
  EXPECT_EQ(second_wakes, 1);
}

TEST(BoundedQueueTest, GivesWhatIsLeftAfterItWasClosedWell) {
  BoundedQueue<int> queue(100);
  PushValue(queue, 1, 1, Never());
  queue.Close(Status::OK());
  EXPECT_EQ(PushValue(queue, 2, 1, Never()), QueueState::kClosed);
  EXPECT_THAT(Drain(queue), ElementsAre(1));
  std::optional<int> value;
  EXPECT_EQ(queue.Pop(&value, Never()), QueueState::kClosed);
  EXPECT_TRUE(queue.status().ok());
}

TEST(BoundedQueueTest, DropsWhatIsLeftAfterAFailure) {
  BoundedQueue<int> queue(100);
  PushValue(queue, 1, 1, Never());
  queue.Close(MakeError(ErrorKind::kCancelled, "enough"));
  std::optional<int> value;
  EXPECT_EQ(queue.Pop(&value, Never()), QueueState::kClosed);
  EXPECT_EQ(queue.bytes_held(), 0);
  EXPECT_EQ(KindOf(queue.status()), ErrorKind::kCancelled);
}

TEST(BoundedQueueTest, KeepsTheFirstReasonForBeingClosed) {
  BoundedQueue<int> queue(100);
  queue.Close(MakeError(ErrorKind::kCancelled, "first"));
  queue.Close(Status::OK());
  EXPECT_EQ(KindOf(queue.status()), ErrorKind::kCancelled);
}

TEST(BoundedQueueTest, WakesEverybodyWhenItIsClosed) {
  BoundedQueue<int> queue(1);
  int wakes = 0;
  std::optional<int> value;
  EXPECT_EQ(queue.Pop(&value, Counting(&wakes)), QueueState::kWait);
  EXPECT_EQ(queue.Pop(&value, Counting(&wakes)), QueueState::kWait);
  queue.Close(Status::OK());
  EXPECT_EQ(wakes, 2);

  BoundedQueue<int> full(1);
  PushValue(full, 1, 1, Never());
  EXPECT_EQ(PushValue(full, 2, 1, Counting(&wakes)), QueueState::kWait);
  full.Close(Status::OK());
  EXPECT_EQ(wakes, 3);
}

TEST(BoundedQueueTest, CallsAWakeOutsideOfItsLock) {
  BoundedQueue<int> queue(100);
  std::vector<int> popped;
  std::optional<int> value;
  EXPECT_EQ(queue.Pop(&value,
                      [&] {
                        for (const int got : Drain(queue)) popped.push_back(got);
                      }),
            QueueState::kWait);
  PushValue(queue, 7, 1, Never());
  EXPECT_THAT(popped, ElementsAre(7));
}

TEST(BoundedQueueTest, LosesNothingBetweenManyThreads) {
  constexpr int kThreads = 3;
  constexpr int kItems = 2'000;
  BoundedQueue<int> queue(16);
  std::atomic<int64_t> sum = 0;
  std::vector<std::thread> producers;
  std::vector<std::thread> consumers;
  for (int t = 0; t < kThreads; ++t) {
    producers.emplace_back([&] {
      for (int i = 1; i <= kItems; ++i) {
        for (;;) {
          auto room = std::make_shared<Event>();
          if (PushValue(queue, i, 4, [room] { room->Set(); }) == QueueState::kReady) break;
          room->Wait();
        }
      }
    });
    consumers.emplace_back([&] {
      for (;;) {
        auto item = std::make_shared<Event>();
        std::optional<int> value;
        const QueueState state = queue.Pop(&value, [item] { item->Set(); });
        if (state == QueueState::kClosed) return;
        if (state == QueueState::kReady) sum += *value;
        if (state == QueueState::kWait) item->Wait();
      }
    });
  }
  for (std::thread& thread : producers) thread.join();
  queue.Close(Status::OK());
  for (std::thread& thread : consumers) thread.join();
  EXPECT_EQ(sum, int64_t{kThreads} * kItems * (kItems + 1) / 2);
}

}  // namespace
}  // namespace arrowport
