#include "base/worker_pool.h"

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

#include <gtest/gtest.h>

#include "base/event.h"

namespace arrowport {
namespace {

TEST(WorkerPoolTest, RunsAllWorkBeforeItIsGone) {
  std::atomic<int> runs = 0;
  {
    WorkerPool pool(3);
    for (int i = 0; i < 1'000; ++i) pool.Post([&] { ++runs; });
  }
  EXPECT_EQ(runs, 1'000);
}

TEST(WorkerPoolTest, RunsAsManyAtOnceAsItHasThreads) {
  WorkerPool pool(2);
  Event first;
  Event second;
  Event done;
  // Each waits for the other, so one thread alone would never end.
  pool.Post([&] {
    first.Set();
    second.Wait();
    done.Set();
  });
  pool.Post([&] {
    first.Wait();
    second.Set();
  });
  done.Wait();
}

TEST(WorkerPoolTest, NeverHasMoreThreadsThanItMay) {
  std::mutex mutex;
  std::set<std::thread::id> threads;
  {
    WorkerPool pool(2);
    for (int i = 0; i < 200; ++i) {
      pool.Post([&] {
        std::lock_guard lock(mutex);
        threads.insert(std::this_thread::get_id());
      });
    }
  }
  EXPECT_LE(threads.size(), 2U);
  EXPECT_GE(threads.size(), 1U);
}

TEST(WorkerPoolTest, TakesWorkFromItsOwnWork) {
  Event done;
  WorkerPool pool(1);
  pool.Post([&] { pool.Post([&] { done.Set(); }); });
  done.Wait();
}

TEST(WorkerPoolTest, LetsGoOfWorkOnceItHasRun) {
  auto held = std::make_shared<int>(1);
  const std::weak_ptr<int> watched = held;
  Event done;
  WorkerPool pool(1);
  pool.Post([held = std::move(held)] {});
  // The one thread comes here after it is done with the work above.
  pool.Post([&] { done.Set(); });
  done.Wait();
  EXPECT_TRUE(watched.expired());
}

TEST(WorkerPoolTest, MayBeDestroyedByItsOwnWork) {
  struct Owner {
    WorkerPool pool{1};
  };
  Event released;
  Event done;
  auto owner = std::make_shared<Owner>();
  owner->pool.Post([held = owner, &released, &done]() mutable {
    released.Wait();
    held = nullptr;
    done.Set();
  });
  owner = nullptr;
  released.Set();
  done.Wait();
}

TEST(WorkerPoolTest, EndsThreadsThatHaveNothingToDo) {
  WorkerPool pool(4, std::chrono::milliseconds(1));
  for (int again = 0; again < 20; ++again) {
    Event both;
    std::atomic<int> there = 0;
    for (int i = 0; i < 2; ++i) {
      pool.Post([&] {
        if (++there == 2) both.Set();
        both.Wait();
      });
    }
    both.Wait();
    while (pool.thread_count() > 0) std::this_thread::yield();
  }
}

}  // namespace
}  // namespace arrowport
