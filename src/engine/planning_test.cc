#include "engine/planning.h"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <random>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/call_control.h"
#include "base/error.h"
#include "base/limits.h"
#include "engine/database.h"
#include "engine/parsed_text.h"
#include "engine/plan_budget.h"
#include "engine/test_batches.h"

extern "C" [[gnu::weak]] int mallctl(const char* name, void* old, size_t* old_bytes, void* value,
                                     size_t value_bytes);

namespace arrowport::engine {
namespace {

using std::chrono::milliseconds;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using testing::OpenMemory;
using testing::ReadAll;
using testing::ReadInt;

std::string Repeat(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

// CTEs of which each reads the one before it twice. What is not materialised is planned anew.
std::string Doubling(int ctes) {
  std::string sql = "WITH c0 AS NOT MATERIALIZED (SELECT 1 AS i)";
  for (int i = 1; i < ctes; ++i) {
    const std::string before = "c" + std::to_string(i - 1);
    sql += ", c" + std::to_string(i) + " AS NOT MATERIALIZED (SELECT x.i FROM " + before + " x, " +
           before + " y)";
  }
  return sql + " SELECT count(*) FROM c" + std::to_string(ctes - 1);
}

std::string ManyUnions(int branches) {
  return "SELECT 1" + Repeat(" UNION ALL SELECT 1", branches);
}

// Without jemalloc nobody counts.
bool CountsBytes() { return mallctl != nullptr; }

struct Case {
  std::string name;
  std::vector<std::string> before;
  std::string sql;
};

std::vector<Case> LargePlans() {
  std::vector<Case> cases = {
      {.name = "Unions", .before = {}, .sql = ManyUnions(20'000)},
      {.name = "Ctes", .before = {}, .sql = Doubling(24)},
      {.name = "List", .before = {}, .sql = "SELECT length(range(1000000000))"},
      {.name = "Text", .before = {}, .sql = "SELECT length(repeat('x', 1000000000))"}};
  Case macros = {.name = "Macros", .before = {"CREATE MACRO m0(x) AS x + x"}, .sql = ""};
  for (int i = 1; i < 22; ++i) {
    const std::string before = "m" + std::to_string(i - 1) + "(x)";
    macros.before.push_back("CREATE MACRO m" + std::to_string(i) + "(x) AS " + before + " + " +
                            before);
  }
  macros.sql = "SELECT m21(i) FROM range(3) t(i)";
  cases.push_back(macros);
  // Each is made while those it reads are small.
  Case views = {.name = "Views", .before = {}, .sql = "SELECT count(*) FROM v21"};
  for (int i = 0; i < 22; ++i) {
    views.before.push_back("CREATE VIEW v" + std::to_string(i) + " AS SELECT 1 AS i");
  }
  for (int i = 21; i > 0; --i) {
    const std::string before = "v" + std::to_string(i - 1);
    views.before.push_back("CREATE OR REPLACE VIEW v" + std::to_string(i) + " AS SELECT x.i FROM " +
                           before + " x, " + before + " y");
  }
  cases.push_back(views);
  return cases;
}

class LargePlanTest : public ::testing::TestWithParam<Case> {};

TEST_P(LargePlanTest, IsRefusedByTheNameOfItsBoundAndHarmsNobody) {
  if (!CountsBytes()) GTEST_SKIP() << "jemalloc counts what plans take";
  const auto database =
      OpenMemory({.planning_bytes_max = 64 * kMiB, .planning_time_max = std::chrono::seconds(1)});
  for (const auto& sql : GetParam().before) ASSERT_TRUE(ReadAll(*database, sql).ok()) << sql;
  const std::vector<std::function<Status()>> ways = {
      [&] { return ReadAll(*database, GetParam().sql).status(); },
      [&] { return ReadAll(*database, GetParam().sql + "; SELECT 1").status(); },
      [&] { return database->DescribeQuery({GetParam().sql, {}}, {}, {}).status(); },
      [&] { return database->ExecuteMany(GetParam().sql, {}, {}).status(); }};
  for (size_t way = 0; way < ways.size(); ++way) {
    const Status refused = ways[way]();
    // What is only described has no pipelines, and what is only prepared folds nothing.
    if (refused.ok() && way > 1) continue;
    EXPECT_EQ(KindOf(refused), ErrorKind::kTooLarge) << way << ": " << refused;
    EXPECT_THAT(refused.message(),
                AnyOf(HasSubstr("64 MiB of memory to plan that planning_bytes_max allows"),
                      HasSubstr("1000 ms to plan that planning_time_max allows")));
  }
  EXPECT_EQ(*ReadInt(*database, "SELECT 42"), 42);
}

INSTANTIATE_TEST_SUITE_P(Of, LargePlanTest, ::testing::ValuesIn(LargePlans()),
                         [](const auto& instance) { return instance.param.name; });

TEST(PlanningTest, TakesTheValuesOfAHundredThousandRows) {
  const auto database = OpenMemory();
  ASSERT_TRUE(ReadAll(*database, "CREATE TABLE t(a INT, b INT)").ok());
  const auto inserted =
      ReadAll(*database, "INSERT INTO t VALUES (1, 2)" + Repeat(", (1, 2)", 99'999));
  ASSERT_TRUE(inserted.ok()) << inserted.status();
  EXPECT_EQ(*ReadInt(*database, "SELECT count(*) FROM t"), 100'000);
}

TEST(PlanningTest, EndsAtTheTimeThatItMayTake) {
  const auto database = OpenMemory({.planning_time_max = milliseconds(100)});
  const auto began = Clock::now();
  const Status refused = ReadAll(*database, Doubling(24)).status();
  EXPECT_EQ(KindOf(refused), ErrorKind::kTooLarge) << refused;
  EXPECT_THAT(refused.message(), HasSubstr("100 ms to plan that planning_time_max allows"));
  EXPECT_LT(Clock::now() - began, std::chrono::seconds(20));
  EXPECT_EQ(*ReadInt(*database, "SELECT 42"), 42);
}

TEST(PlanningTest, EndsAtTheDeadlineOfTheCall) {
  const auto database =
      OpenMemory({.planning_bytes_max = 8 * kGiB, .planning_time_max = std::chrono::minutes(5)});
  const std::vector<std::function<Status(const CallControl&)>> ways = {
      [&](const auto& control) {
        return database->Query({Doubling(24), {}}, {}, control).status();
      },
      [&](const auto& control) {
        return database->DescribeQuery({Doubling(24), {}}, {}, control).status();
      },
      [&](const auto& control) {
        return database->ExecuteMany(Doubling(24), {}, control).status();
      },
  };
  for (const auto& way : ways) {
    const auto began = Clock::now();
    const Status ended = way({.deadline = began + milliseconds(100), .stop = {}});
    EXPECT_EQ(KindOf(ended), ErrorKind::kDeadlineExceeded) << ended;
    EXPECT_LT(Clock::now() - began, std::chrono::seconds(20));
  }
}

TEST(PlanningTest, EndsAnywhereWithoutATraceWhenTheCallerStops) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const auto database = OpenMemory();
  ASSERT_TRUE(ReadAll(*database, "CREATE TABLE t AS SELECT range AS i FROM range(10)").ok());
  const std::vector<std::string> texts = {
      Doubling(9), ManyUnions(300), "INSERT INTO t " + ManyUnions(300),
      "CREATE OR REPLACE TABLE u AS " + ManyUnions(300),
      "SELECT sum(i) OVER (ORDER BY i)" + Repeat(", sum(i + 1) OVER (ORDER BY i)", 60) + " FROM t"};
  int ended = 0;
  for (int i = 0; i < 200; ++i) {
    std::stop_source stop;
    const int wait_us = static_cast<int>(random() % 20'000);
    std::jthread stopper([&] {
      const auto until = Clock::now() + std::chrono::microseconds(wait_us);
      while (Clock::now() < until) std::this_thread::yield();
      stop.request_stop();
    });
    const auto started = database->Query({texts[random() % texts.size()], {}}, {},
                                         {.deadline = {}, .stop = stop.get_token()});
    if (started.ok()) continue;
    ++ended;
    // A statement that was begun and dropped is rolled back behind its caller, and until then u is
    // its.
    ASSERT_THAT(KindOf(started.status()), AnyOf(ErrorKind::kCancelled, ErrorKind::kConflict))
        << started.status();
  }
  EXPECT_GT(ended, 0);
  EXPECT_EQ(database->counters().running_queries, 0);
  // Which needs that no transaction is left; those of the last are being rolled back.
  const auto give_up = Clock::now() + std::chrono::seconds(30);
  Status written = database->Checkpoint();
  while (!written.ok() && Clock::now() < give_up) written = database->Checkpoint();
  EXPECT_TRUE(written.ok()) << written;
  EXPECT_GE(*ReadInt(*database, "SELECT count(*) FROM t"), 10);
}

TEST(PlanningTest, KnowsNothingOfATextThatIsTooLargeToParse) {
  if (!CountsBytes()) GTEST_SKIP() << "jemalloc counts what plans take";
  EXPECT_EQ(ParseText("SELECT 1").statements, 1);
  EXPECT_EQ(ParseText(ManyUnions(1'000'000)).statements, 0);
}

TEST(PlanBudgetTest, GivesEachPlanAMebibyteAndSharesTheRest) {
  PlanBudget budget(4 * kMiB, milliseconds(0));
  PlanBudget::Share first(budget);
  PlanBudget::Share second(budget);
  EXPECT_TRUE(first.Resize(5 * kMiB));
  EXPECT_FALSE(first.Resize(6 * kMiB));
  EXPECT_TRUE(first.IsTooMuch(6 * kMiB));
  EXPECT_TRUE(second.Resize(kMiB));
  EXPECT_FALSE(second.Resize(2 * kMiB));
  EXPECT_FALSE(second.IsTooMuch(2 * kMiB));
  first = PlanBudget::Share(budget);
  EXPECT_EQ(budget.held(), 0);
  EXPECT_TRUE(second.Resize(2 * kMiB));
}

}  // namespace
}  // namespace arrowport::engine
