#include "engine/kept_plans.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <arrow/api.h>
#include <duckdb.hpp>
#include <duckdb/main/client_context.hpp>
#include <gtest/gtest.h>

#include "engine/result_stream.h"
#include "engine/test_batches.h"

namespace arrowport::engine {
namespace {

using testing::OpenMemory;

/// One connection, on which a statement is asked as Execution does it.
class KeptPlansTest : public ::testing::Test {
 protected:
  KeptPlansTest() {
    Run("CREATE TABLE t AS SELECT range AS id, range % 7 AS n, 'text ' || range AS s, "
        "range::DOUBLE AS x, range::INTEGER AS i, DATE '2026-01-01' + range::INTEGER AS d "
        "FROM range(1000)");
  }

  void Run(const std::string& sql) {
    const auto result = connection_.Query(sql);
    ASSERT_FALSE(result->HasError()) << sql << ": " << result->GetError();
  }

  /// The rows of `sql` as text; `kept_` tells whether a kept plan was run.
  std::string Ask(const std::string& sql, const std::vector<duckdb::Value>& parameters) {
    auto& context = *connection_.context;
    auto& plans = KeptPlans::Of(context);
    KeptPlans::Values values;
    for (const auto& value : parameters) {
      values.emplace(std::to_string(values.size() + 1), duckdb::BoundParameterData(value));
    }
    auto plan = plans.Find(sql, values);
    kept_ = plan != nullptr;
    auto statements = connection_.ExtractStatements(sql);
    if (!kept_) plan = plans.Make(context, sql, *statements[0], values);
    const duckdb::QueryParameters not_streaming(false);
    auto pending =
        plan != nullptr
            ? context.PendingQuery(sql, plan->data,
                                   {.parameters = nullptr, .query_parameters = not_streaming})
            : context.PendingQuery(std::move(statements[0]), values, not_streaming);
    if (pending->HasError()) return pending->GetError();
    const auto result = pending->Execute();
    return result->HasError() ? result->GetError() : result->ToString();
  }

  /// Whether a second statement like the first runs its plan.
  bool Keeps(const std::string& sql, const std::vector<duckdb::Value>& parameters) {
    Ask(sql, parameters);
    Ask(sql, parameters);
    return kept_;
  }

  duckdb::DuckDB instance_;
  duckdb::Connection connection_{instance_};
  bool kept_ = false;
};

duckdb::Value Big(int64_t value) { return duckdb::Value::BIGINT(value); }

TEST_F(KeptPlansTest, AreKeptForChoicesFromOneTable) {
  const std::vector<std::pair<std::string, std::vector<duckdb::Value>>> statements = {
      {"SELECT * FROM t WHERE id = ?", {Big(5)}},
      {"FROM t WHERE id = $1", {Big(5)}},
      {"SELECT x, id AS key FROM t WHERE id = ?", {Big(5)}},
      {"SELECT s FROM t WHERE id = ? AND n = ?", {Big(5), Big(5)}},
      {"SELECT s FROM t WHERE id = $2 AND n = $1", {Big(5), Big(5)}},
      {"SELECT * FROM t WHERE id >= ? AND x < ?", {Big(5), duckdb::Value::DOUBLE(9.5)}},
      {"SELECT * FROM main.t AS u WHERE s = ?", {duckdb::Value("text 5")}},
      {"SELECT * FROM t WHERE i = ?", {Big(5)}},
      {"SELECT * FROM t WHERE d = ?", {duckdb::Value::DATE(2026, 1, 6)}},
  };
  for (const auto& [sql, parameters] : statements) EXPECT_TRUE(Keeps(sql, parameters)) << sql;
}

TEST_F(KeptPlansTest, AreNotKeptForMoreThanThat) {
  Run("CREATE VIEW v AS FROM t WHERE id = 5");
  Run("CREATE SCHEMA other");
  Run("CREATE VIEW other.t AS FROM main.t WHERE n = 5");
  const std::vector<std::pair<std::string, std::vector<duckdb::Value>>> statements = {
      {"SELECT * FROM v WHERE id = ?", {Big(5)}},
      {"SELECT * FROM other.t WHERE n = ?", {Big(5)}},
      {"WITH t AS (FROM main.t WHERE id = 5) FROM t WHERE id = ?", {Big(5)}},
      {"FROM (FROM t WHERE id = 5) WHERE id = ?", {Big(5)}},
      {"SELECT * FROM t WHERE id = 5 AND ? = 5", {Big(5)}},
      {"SELECT * FROM t WHERE id = 5 AND id = ?", {Big(5)}},
      {"SELECT * FROM t WHERE id = ? OR n = ?", {Big(5), Big(5)}},
      {"SELECT * FROM t WHERE id + 1 = ?", {Big(5)}},
      {"SELECT *, ? FROM t WHERE id = ?", {Big(5), Big(5)}},
      {"SELECT id + 1 FROM t WHERE id = ?", {Big(5)}},
      {"SELECT count(*) FROM t WHERE id = ?", {Big(5)}},
      {"SELECT DISTINCT n FROM t WHERE id = ?", {Big(5)}},
      {"SELECT * FROM t WHERE id = ? ORDER BY n", {Big(5)}},
      {"SELECT * FROM t WHERE id = ? LIMIT 1", {Big(5)}},
      {"SELECT * FROM t TABLESAMPLE 10% WHERE id = ?", {Big(5)}},
      {"SELECT * FROM t, t AS u WHERE t.id = ?", {Big(5)}},
      {"SELECT * FROM range(9) AS t(id) WHERE id = ?", {Big(5)}},
      {"SELECT * FROM t WHERE id = ?", {Big(5000)}},
      {"SELECT * FROM t WHERE i = ?", {duckdb::Value::DOUBLE(5.5)}},
      {"SELECT * FROM t WHERE d = ?", {duckdb::Value("2026-01-06")}},
      {"SELECT * FROM t WHERE n = ?", {duckdb::Value(duckdb::LogicalType::BIGINT)}},
  };
  for (const auto& [sql, parameters] : statements) EXPECT_FALSE(Keeps(sql, parameters)) << sql;
}

TEST_F(KeptPlansTest, TakeOtherValues) {
  const std::string sql = "SELECT id FROM t WHERE id > $2 AND i <= $1 AND s = $3";
  ASSERT_TRUE(Keeps(sql, {Big(500), Big(100), duckdb::Value("text 200")}));
  const auto ask = [&](int64_t upto, int64_t over, const std::string& text) {
    std::string answer = Ask(sql, {Big(upto), Big(over), duckdb::Value(text)});
    EXPECT_TRUE(kept_);
    return answer;
  };
  EXPECT_NE(ask(500, 100, "text 200").find("200"), std::string::npos);
  EXPECT_NE(ask(500, 100, "text 101").find("101"), std::string::npos);
  EXPECT_NE(ask(500, 100, "text 100").find("Rows: 0"), std::string::npos);
  EXPECT_NE(ask(500, 499, "text 500").find("500"), std::string::npos);
  EXPECT_NE(ask(499, 499, "text 500").find("Rows: 0"), std::string::npos);
}

TEST_F(KeptPlansTest, AreNotRunWithValuesThatTheyAreNotFor) {
  const std::string sql = "SELECT id FROM t WHERE i = ?";
  ASSERT_TRUE(Keeps(sql, {Big(5)}));
  const std::vector<duckdb::Value> others = {
      Big(int64_t{1} << 40), duckdb::Value(duckdb::LogicalType::BIGINT), duckdb::Value::DOUBLE(5.5),
      duckdb::Value("5"), duckdb::Value::INTEGER(5)};
  for (const auto& value : others) {
    Ask(sql, {value});
    EXPECT_FALSE(kept_) << value.ToString();
  }
  Ask(sql, {Big(6)});
  EXPECT_TRUE(kept_);
}

TEST_F(KeptPlansTest, SeeWhatTheTableHoldsNow) {
  const std::string sql = "SELECT s FROM t WHERE id = ?";
  ASSERT_TRUE(Keeps(sql, {Big(5)}));
  EXPECT_NE(Ask(sql, {Big(5000)}).find("Rows: 0"), std::string::npos);
  duckdb::Connection other(instance_);
  other.Query("INSERT INTO t SELECT 5000, 1, 'new', 1, 1, NULL");
  EXPECT_NE(Ask(sql, {Big(5000)}).find("new"), std::string::npos);
  EXPECT_TRUE(kept_);
  other.Query("UPDATE t SET s = 'changed' WHERE id = 5");
  EXPECT_NE(Ask(sql, {Big(5)}).find("changed"), std::string::npos);
  other.Query("DELETE FROM t WHERE id = 5");
  EXPECT_NE(Ask(sql, {Big(5)}).find("Rows: 0"), std::string::npos);
  EXPECT_TRUE(kept_);
}

TEST_F(KeptPlansTest, ArePlannedAgainWithTheirValuesWhenTheCatalogChanges) {
  const std::string sql = "SELECT * FROM t WHERE id = ?";
  duckdb::Connection other(instance_);
  const auto change = [&](const std::string& ddl) {
    ASSERT_TRUE(Keeps(sql, {Big(5)})) << ddl;
    const auto changed = other.Query(ddl);
    ASSERT_FALSE(changed->HasError()) << changed->GetError();
  };
  change("ALTER TABLE t ADD COLUMN added VARCHAR DEFAULT 'with a default'");
  EXPECT_NE(Ask(sql, {Big(6)}).find("with a default"), std::string::npos);
  EXPECT_NE(Ask(sql, {Big(6)}).find("text 6"), std::string::npos);
  KeptPlans::Of(*connection_.context).Forget(sql);
  change("CREATE OR REPLACE TABLE t AS SELECT '7' AS id, 'other table' AS s");
  EXPECT_NE(Ask(sql, {Big(7)}).find("other table"), std::string::npos);
  KeptPlans::Of(*connection_.context).Forget(sql);
  other.Query("CREATE OR REPLACE TABLE t AS SELECT range AS id FROM range(10)");
  change("DROP TABLE t");
  EXPECT_NE(Ask(sql, {Big(6)}).find("does not exist"), std::string::npos);
  KeptPlans::Of(*connection_.context).Forget(sql);
  other.Query("CREATE VIEW t AS SELECT 8 AS id, 'a view' AS s");
  EXPECT_NE(Ask(sql, {Big(8)}).find("a view"), std::string::npos);
}

TEST_F(KeptPlansTest, AreKeptAfterValuesThatNoRowHas) {
  const std::string sql = "SELECT s FROM t WHERE id = ?";
  EXPECT_FALSE(Keeps(sql, {Big(5000)}));
  EXPECT_TRUE(Keeps(sql, {Big(5)}));
}

TEST_F(KeptPlansTest, AreFew) {
  const auto sql = [](int i) {
    return "SELECT id AS c" + std::to_string(i) + " FROM t WHERE id = ?";
  };
  for (int i = 0; i < 9; ++i) ASSERT_TRUE(Keeps(sql(i), {Big(5)}));
  Ask(sql(1), {Big(5)});
  EXPECT_TRUE(kept_);
  Ask(sql(0), {Big(5)});
  EXPECT_FALSE(kept_);
}

// A kept plan and one for the same statement with the values in its text, which is never kept.
TEST(KeptPlansOfDatabaseTest, AnswerAsNewOnesDo) {
  auto database = OpenMemory();
  ASSERT_TRUE(testing::ReadAll(*database,
                               "CREATE TABLE t AS SELECT (range * 7919) % 300000 AS id, "
                               "range % 100 AS n, CASE WHEN range % 5 > 0 THEN 's' || range % 50 "
                               "END AS s FROM range(300000)")
                  .ok());
  std::mt19937 random(7);
  const std::vector<std::string> comparisons = {"=", "<", "<=", ">", ">="};
  for (size_t i = 0; i < 300; ++i) {
    const std::string& by_id = comparisons[random() % comparisons.size()];
    const auto id = static_cast<int64_t>(random() % 310000);
    const auto n = static_cast<int64_t>(random() % 104) - 2;
    const std::string s = "s" + std::to_string(random() % 52);
    const auto sql = [&](const std::string& a, const std::string& b, const std::string& c) {
      std::string text = "SELECT s, id, n FROM t WHERE id " + by_id;
      return text.append(a).append(" AND n >= ").append(b).append(" AND s = ").append(c);
    };
    auto kept = database->Query(
        {.sql = sql("?", "?", "?"),
         .parameters = {arrow::MakeScalar(id), arrow::MakeScalar(n), arrow::MakeScalar(s)}},
        {}, {});
    ASSERT_TRUE(kept.ok()) << kept.status();
    auto rows = ToReader(*kept)->ToTable();
    ASSERT_TRUE(rows.ok()) << rows.status();
    auto expected =
        testing::ReadAll(*database, sql(std::to_string(id), std::to_string(n), "'" + s + "'"));
    ASSERT_TRUE(expected.ok()) << expected.status();
    ASSERT_TRUE((*rows)->Equals(**expected)) << sql(std::to_string(id), std::to_string(n), s);
    if (i % 20 == 0) {
      ASSERT_TRUE(testing::ReadAll(*database,
                                   "INSERT INTO t SELECT id + 300000, n, s FROM t "
                                   "WHERE id % 1000 = " +
                                       std::to_string(i))
                      .ok());
    }
    if (i % 60 == 0) {
      ASSERT_TRUE(testing::ReadAll(*database, "CREATE OR REPLACE TABLE other AS FROM t").ok());
    }
  }
}

}  // namespace
}  // namespace arrowport::engine
