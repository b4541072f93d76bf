#include "engine/index_gate.h"

#include <chrono>
#include <cstdint>
#include <future>
#include <map>
#include <mutex>
#include <random>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/call_control.h"
#include "base/error.h"
#include "engine/database.h"
#include "engine/test_batches.h"

namespace arrowport::engine {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

const TableName kOne{.catalog = "c", .schema = "s", .name = "one"};
uint64_t NoCommits(const std::string& /*catalog*/) { return 0; }

const TableName kTwo{.catalog = "c", .schema = "s", .name = "two"};

TEST(IndexGateTest, LetsWritersInBesideEachOther) {
  IndexGate gate(hours(1), NoCommits);
  const auto first = gate.Write({kOne, kOne, kTwo}, IndexGate::Effect::kAdds);
  ASSERT_TRUE(first.ok());
  EXPECT_TRUE(gate.Write({kTwo}, IndexGate::Effect::kAdds).ok());
}

TEST(IndexGateTest, LetsAnIndexBeMadeWhenTheWritersAreDone) {
  IndexGate gate(hours(1), NoCommits);
  auto writer = gate.Write({kOne}, IndexGate::Effect::kAdds).ValueOrDie();
  auto maker = std::async(std::launch::async, [&] { return gate.MakeIndex({kOne}).ValueOrDie(); });
  EXPECT_TRUE(gate.MakeIndex({kTwo}).ok());
  EXPECT_EQ(maker.wait_for(milliseconds(20)), std::future_status::timeout);
  writer.reset();
  EXPECT_NE(maker.get(), nullptr);
}

TEST(IndexGateTest, KeepsWritersOutWhileAnIndexIsMade) {
  IndexGate gate(hours(1), NoCommits);
  auto maker = gate.MakeIndex({kOne}).ValueOrDie();
  auto writer = std::async(std::launch::async, [&] {
    return gate.Write({kTwo, kOne}, IndexGate::Effect::kAdds).ValueOrDie();
  });
  EXPECT_EQ(writer.wait_for(milliseconds(20)), std::future_status::timeout);
  maker.reset();
  EXPECT_NE(writer.get(), nullptr);
}

TEST(IndexGateTest, GivesUpAnIndexOfATableThatIsAlwaysWrittenTo) {
  IndexGate gate(milliseconds(20), NoCommits);
  const auto writer = gate.Write({kOne}, IndexGate::Effect::kAdds).ValueOrDie();
  const auto refused = gate.MakeIndex({kOne});
  EXPECT_EQ(KindOf(refused.status()), ErrorKind::kConflict);
  EXPECT_TRUE(gate.Write({kOne}, IndexGate::Effect::kAdds).ok());
}

TEST(IndexGateTest, EndsTheWaitOfAStatementThatIsCancelled) {
  IndexGate gate(hours(1), NoCommits);
  std::stop_source stop;
  const auto maker = gate.MakeIndex({kOne}).ValueOrDie();
  auto writer = std::async(std::launch::async, [&] {
    return gate.Write({kOne}, IndexGate::Effect::kAdds, stop.get_token()).status();
  });
  stop.request_stop();
  EXPECT_EQ(KindOf(writer.get()), ErrorKind::kCancelled);
}

// DuckDB by itself gives up the database within a second of this.
TEST(IndexGateTest, HasIndexesMadeWhileOthersAppendAndDelete) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  const auto database = testing::OpenMemory({.threads = 2});
  ASSERT_TRUE(testing::Land(*database, "t", {testing::MakeRows(0, 5000)}).ok());
  const auto until = Clock::now() + std::chrono::seconds(3);
  std::mutex mutex;
  std::map<std::string, int> outcomes;
  const auto repeat = [&](unsigned number, const auto& act) {
    std::mt19937 random(seed + number);
    for (int i = 0; Clock::now() < until; ++i) {
      const Status status = act(random, i);
      const std::lock_guard lock(mutex);
      ++outcomes[status.ok() ? "ok " + std::to_string(number) : status.ToString()];
    }
  };
  const auto run = [&](const std::string& sql) {
    return testing::ReadAll(*database, sql).status();
  };
  const auto index = [&](std::mt19937& /*random*/, int i) {
    const std::string name = "i" + std::to_string(i);
    ARROW_RETURN_NOT_OK(run("CREATE INDEX " + name + " ON t(id)"));
    return run("DROP INDEX " + name);
  };
  const auto remove = [&](std::mt19937& random, int /*i*/) {
    return run("DELETE FROM t WHERE id % " + std::to_string(2 + random() % 100) + " = 0");
  };
  const auto append = [&](std::mt19937& random, int i) {
    const int64_t rows = random() % 2 == 0 ? 1 : 3000;
    return database
        ->AppendTogether({{.table = {.catalog = "", .schema = "", .name = "t"},
                           .schema = testing::MakeRows(0, 1)->schema(),
                           .batches = {testing::MakeRows(i * 3000, rows)}}})
        .status;
  };
  {
    std::vector<std::jthread> clients;
    clients.emplace_back([&] { repeat(0, index); });
    clients.emplace_back([&] { repeat(1, remove); });
    clients.emplace_back([&] { repeat(2, append); });
    clients.emplace_back([&] { repeat(3, append); });
  }
  for (const auto& [outcome, count] : outcomes) {
    // A row that two want to delete is a conflict of their own.
    const bool is_fine = outcome.starts_with("ok ") || outcome.find("onflict") != std::string::npos;
    EXPECT_TRUE(is_fine) << count << " times " << outcome;
  }
  EXPECT_GT(outcomes["ok 0"], 0);
  ASSERT_TRUE(run("CREATE INDEX last ON t(id)").ok());
  ASSERT_TRUE(run("DELETE FROM t").ok());
  EXPECT_EQ(*testing::ReadInt(*database, "SELECT count(*) FROM t"), 0);
}

}  // namespace
}  // namespace arrowport::engine
