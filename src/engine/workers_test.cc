#include "engine/workers.h"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include <duckdb.hpp>
#include <gtest/gtest.h>

#include "base/call_control.h"

namespace arrowport::engine {
namespace {

constexpr int64_t kThreads = 3;

/// Where threads wait for each other.
class Meeting {
 public:
  /// Comes, and waits until another thread has come, for ten seconds at most.
  void Join() {
    std::unique_lock lock(mutex_);
    threads_.insert(std::this_thread::get_id());
    came_.notify_all();
    came_.wait_for(lock, std::chrono::seconds(10), [this] { return threads_.size() > 1; });
  }

  [[nodiscard]] size_t threads() const {
    const std::lock_guard lock(mutex_);
    return threads_.size();
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable came_;
  std::set<std::thread::id> threads_;  // Guarded by mutex_.
};

class WorkersTest : public testing::Test {
 protected:
  WorkersTest() {
    duckdb::DBConfig config;
    config.SetOptionByName("threads", duckdb::Value::BIGINT(kThreads));
    config.SetOptionByName("external_threads", duckdb::Value::BIGINT(kThreads));
    instance_ = std::make_unique<duckdb::DuckDB>(nullptr, &config);
    connection_ = std::make_unique<duckdb::Connection>(*instance_);
    // Enough row groups for each thread to have some.
    Run("CREATE TABLE many AS SELECT range AS i FROM range(1_000_000)");
    const auto join = [this](duckdb::DataChunk& chunk, duckdb::ExpressionState&,
                             duckdb::Vector& result) {
      meeting_.Join();
      result.Reference(chunk.data[0]);
    };
    connection_->CreateVectorizedFunction<int64_t, int64_t>("meet", join);
    workers_.Start(*instance_->instance);
  }

  ~WorkersTest() override { workers_.Stop(); }

  void Run(const std::string& sql) {
    const auto result = connection_->Query(sql);
    ASSERT_FALSE(result->HasError()) << result->GetError();
  }

  template <typename Condition>
  static bool Becomes(Condition condition) {
    const Clock::time_point end = Clock::now() + std::chrono::seconds(10);
    while (!condition() && Clock::now() < end) std::this_thread::yield();
    return condition();
  }

  std::unique_ptr<duckdb::DuckDB> instance_;
  std::unique_ptr<duckdb::Connection> connection_;
  Meeting meeting_;
  Workers workers_;
};

TEST_F(WorkersTest, LeaveAShortStatementAlone) {
  {
    const Workers::Use use(workers_);
    Run("SELECT 1");
  }
  EXPECT_EQ(workers_.times_let_in(), 0);
}

TEST_F(WorkersTest, RunWhatNeedsThem) {
  Workers::Use use(workers_);
  use.Need();
  Run("SELECT sum(meet(i)) FROM many");
  EXPECT_GT(meeting_.threads(), 1);
  EXPECT_EQ(workers_.times_let_in(), 1);
}

TEST_F(WorkersTest, RunWhatIsHandedOver) {
  Workers::Use use(workers_);
  use.HandOver();
  Run("SELECT sum(meet(i)) FROM many");
  EXPECT_GT(meeting_.threads(), 1);
}

// The statement does not say so: its first thread waits for a second one.
TEST_F(WorkersTest, ComeToAStatementThatLasts) {
  const Workers::Use use(workers_);
  Run("SELECT sum(meet(i)) FROM many");
  EXPECT_GT(meeting_.threads(), 1);
}

TEST_F(WorkersTest, GoWhenNobodyNeedsThemAndComeAgain) {
  for (int64_t round = 1; round <= 3; ++round) {
    {
      Workers::Use use(workers_);
      use.Need();
      EXPECT_TRUE(workers_.in());
    }
    EXPECT_TRUE(Becomes([this] { return !workers_.in(); }));
    EXPECT_EQ(workers_.times_let_in(), round);
  }
}

TEST_F(WorkersTest, StayWhileOneNeedsThem) {
  Workers::Use first(workers_);
  first.HandOver();
  for (int i = 0; i < 3; ++i) {
    Workers::Use other(workers_);
    other.Need();
  }
  Run("SELECT sum(meet(i)) FROM many");
  EXPECT_TRUE(workers_.in());
  EXPECT_EQ(workers_.times_let_in(), 1);
}

// DuckDB has counted the tasks of each.
TEST_F(WorkersTest, LookInAfterVeryManyShortStatements) {
  for (int i = 0; i < 10'000; ++i) const Workers::Use use(workers_);
  EXPECT_TRUE(Becomes([this] { return workers_.times_let_in() == 1; }));
  EXPECT_TRUE(Becomes([this] { return !workers_.in(); }));
}

// Those of DuckDB wait where ours do, and take signals that were meant for ours.
TEST_F(WorkersTest, GoAndStopBesideThreadsOfDuckDB) {
  Run("SET threads = 8");
  for (int round = 0; round < 5; ++round) {
    {
      Workers::Use use(workers_);
      use.Need();
      Run("SELECT sum(i) FROM many");
    }
    EXPECT_TRUE(Becomes([this] { return workers_.inside() == 0; }));
  }
  Workers::Use use(workers_);
  use.Need();
  Run("SELECT sum(i) FROM many");
  workers_.Stop();
}

TEST_F(WorkersTest, StandBesideFewerThreadsOfDuckDB) {
  for (int round = 0; round < 5; ++round) {
    Run("SET threads = 8");
    Workers::Use use(workers_);
    use.Need();
    Run("SELECT sum(i) FROM many");
    Run("SET threads = 4");
  }
}

TEST_F(WorkersTest, StopWhileTheyAreNeeded) {
  Workers::Use use(workers_);
  use.Need();
  workers_.Stop();
  EXPECT_FALSE(workers_.in());
}

}  // namespace
}  // namespace arrowport::engine
