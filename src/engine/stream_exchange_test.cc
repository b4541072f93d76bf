#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bounded_queue.h"
#include "base/error.h"
#include "base/event.h"
#include "base/limits.h"
#include "engine/database.h"
#include "engine/exchange.h"
#include "engine/result_stream.h"
#include "engine/test_batches.h"

namespace arrowport::engine {
namespace {

using ::testing::HasSubstr;
using testing::MakeRows;
using testing::OpenMemory;
using testing::ReadAll;
using testing::ReadInt;

class StreamExchangeTest : public ::testing::Test {
 protected:
  Result<std::shared_ptr<Exchange>> Begin(const std::string& sql,
                                          const ExchangeOptions& options = {}) {
    return database_->BeginExchange({sql, {}}, MakeRows(0, 1)->schema(), options, {});
  }

  // Writes, waiting for room. False when the statement needs no more.
  static bool Write(Exchange& exchange, std::shared_ptr<arrow::RecordBatch> batch) {
    auto room = std::make_shared<Event>();
    const QueueState state = exchange.Write(std::move(batch), [room] { room->Set(); });
    if (state == QueueState::kWait) room->Wait();
    return state != QueueState::kClosed;
  }

  static Result<std::shared_ptr<arrow::Table>> Rest(Exchange& exchange) {
    return ToReader(exchange.rows())->ToTable();
  }

  const std::shared_ptr<Database> database_ = OpenMemory({.threads = 2});
};

TEST_F(StreamExchangeTest, AnswersEachBatchBeforeTheNextOneComes) {
  for (const bool ordered : {true, false}) {
    ExchangeOptions options;
    options.ordered = ordered;
    const auto exchange = Begin("SELECT *, true AS processed FROM input", options);
    ASSERT_TRUE(exchange.ok()) << exchange.status();
    EXPECT_EQ((*exchange)->rows()->schema()->ToString(),
              "id: int64\nname: string\nprocessed: bool");
    for (int64_t i = 0; i < 20; ++i) {
      ASSERT_TRUE(Write(**exchange, MakeRows(10 * i, 10)));
      int64_t rows = 0;
      while (rows < 10) {
        const auto batch = (*exchange)->rows()->Next();
        ASSERT_TRUE(batch.ok()) << batch.status();
        ASSERT_NE(*batch, nullptr);
        rows += (*batch)->num_rows();
      }
      EXPECT_EQ(rows, 10);
    }
    (*exchange)->EndInput();
    EXPECT_EQ((*Rest(**exchange))->num_rows(), 0);
  }
}

TEST_F(StreamExchangeTest, AnswersTheRowsThatAFilterLetsThroughAtOnce) {
  const auto exchange = Begin("SELECT id FROM input WHERE id % 10 = 7");
  ASSERT_TRUE(exchange.ok()) << exchange.status();
  ASSERT_TRUE(Write(**exchange, MakeRows(0, 10)));
  const auto batch = (*exchange)->rows()->Next();
  ASSERT_TRUE(batch.ok()) << batch.status();
  EXPECT_EQ((*batch)->num_rows(), 1);
}

TEST_F(StreamExchangeTest, KeepsTheOrderOfALongStream) {
  const auto exchange = Begin("SELECT id FROM input WHERE id % 2 = 0");
  ASSERT_TRUE(exchange.ok()) << exchange.status();
  std::jthread writer([&] {
    for (int64_t i = 0; i < 100; ++i) (void)Write(**exchange, MakeRows(10'000 * i, 10'000));
    (*exchange)->EndInput();
  });
  int64_t next = 0;
  for (;;) {
    const auto batch = (*exchange)->rows()->Next();
    ASSERT_TRUE(batch.ok()) << batch.status();
    if (*batch == nullptr) break;
    const auto& ids = static_cast<const arrow::Int64Array&>(*(*batch)->column(0));
    for (int64_t i = 0; i < ids.length(); ++i, next += 2) ASSERT_EQ(ids.Value(i), next);
  }
  EXPECT_EQ(next, 1'000'000);
}

TEST_F(StreamExchangeTest, JoinsWithTablesAndAggregates) {
  ASSERT_TRUE(
      ReadAll(*database_, "CREATE TABLE t AS SELECT i::BIGINT AS id FROM range(5) r(i)").ok());
  const auto exchange = Begin("SELECT count(*)::BIGINT AS n FROM input JOIN t USING (id)");
  ASSERT_TRUE(exchange.ok()) << exchange.status();
  ASSERT_TRUE(Write(**exchange, MakeRows(3, 10)));
  (*exchange)->EndInput();
  const auto table = Rest(**exchange);
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ((*table)->column(0)->GetScalar(0).ValueOrDie()->ToString(), "2");
}

TEST_F(StreamExchangeTest, TakesAnyNameForTheInputAndHidesATableOfThatName) {
  ASSERT_TRUE(ReadAll(*database_, "CREATE TABLE \"my \"\"rows\" AS SELECT 99 AS id").ok());
  ExchangeOptions options;
  options.input_name = "my \"rows";
  const auto exchange = Begin("SELECT id FROM \"my \"\"rows\"", options);
  ASSERT_TRUE(exchange.ok()) << exchange.status();
  ASSERT_TRUE(Write(**exchange, MakeRows(5, 1)));
  (*exchange)->EndInput();
  EXPECT_EQ((*Rest(**exchange))->column(0)->GetScalar(0).ValueOrDie()->ToString(), "5");
}

TEST_F(StreamExchangeTest, WritesIntoATableInOneTransaction) {
  ASSERT_TRUE(ReadAll(*database_, "CREATE TABLE t(id BIGINT)").ok());
  {
    const auto given_up = Begin("INSERT INTO t SELECT id FROM input");
    ASSERT_TRUE(given_up.ok()) << given_up.status();
    ASSERT_TRUE(Write(**given_up, MakeRows(0, 10)));
  }
  EXPECT_EQ(*ReadInt(*database_, "SELECT count(*) FROM t"), 0);
  const auto exchange = Begin("INSERT INTO t SELECT id FROM input");
  ASSERT_TRUE(exchange.ok()) << exchange.status();
  ASSERT_TRUE(Write(**exchange, MakeRows(0, 10)));
  (*exchange)->EndInput();
  ASSERT_TRUE(Rest(**exchange).ok());
  EXPECT_EQ(*ReadInt(*database_, "SELECT count(*) FROM t"), 10);
}

TEST_F(StreamExchangeTest, TakesNoMoreInputOnceTheResultIsOver) {
  const auto exchange = Begin("SELECT id FROM input LIMIT 0");
  ASSERT_TRUE(exchange.ok()) << exchange.status();
  EXPECT_EQ((*Rest(**exchange))->num_rows(), 0);
  EXPECT_FALSE(Write(**exchange, MakeRows(0, 1)));
}

TEST_F(StreamExchangeTest, RefusesToReadTheInputTwiceAndTakesItWhenItIsKept) {
  const auto twice = Begin("SELECT * FROM input a JOIN input b USING (id)");
  EXPECT_EQ(KindOf(twice.status()), ErrorKind::kInvalidInput) << twice.status();
  EXPECT_THAT(twice.status().message(), HasSubstr("read once"));
  const auto kept = Begin(
      "WITH kept AS MATERIALIZED (FROM input) SELECT count(*) FROM kept a JOIN kept b USING (id)");
  ASSERT_TRUE(kept.ok()) << kept.status();
  ASSERT_TRUE(Write(**kept, MakeRows(0, 10)));
  (*kept)->EndInput();
  EXPECT_EQ((*Rest(**kept))->column(0)->GetScalar(0).ValueOrDie()->ToString(), "10");
}

TEST_F(StreamExchangeTest, TellsAnErrorInTheMiddle) {
  const auto exchange =
      Begin("SELECT CASE WHEN id = 15 THEN error('fifteen') ELSE id END FROM input");
  ASSERT_TRUE(exchange.ok()) << exchange.status();
  ASSERT_TRUE(Write(**exchange, MakeRows(0, 10)));
  ASSERT_TRUE((*exchange)->rows()->Next().ok());
  (void)Write(**exchange, MakeRows(10, 10));
  const Status failed = Rest(**exchange).status();
  EXPECT_EQ(KindOf(failed), ErrorKind::kInvalidInput) << failed;
  EXPECT_THAT(failed.message(), HasSubstr("fifteen"));
}

TEST_F(StreamExchangeTest, StopsTakingInputWhenNobodyReads) {
  const auto database = OpenMemory({.result_bytes_max = 4 * kMiB, .put_bytes_max = 4 * kMiB});
  const auto batch = MakeRows(0, 50'000);
  const auto exchange = database->BeginExchange({"FROM input", {}}, batch->schema(), {}, {});
  ASSERT_TRUE(exchange.ok()) << exchange.status();
  int64_t taken = 0;
  while ((*exchange)->Write(batch, [] {}) == QueueState::kReady) ASSERT_LT(++taken, 1'000);
}

TEST_F(StreamExchangeTest, KnowsWhetherAStatementReadsTheInput) {
  EXPECT_TRUE(*database_->ReadsTable({"SELECT * FROM INPUT", {}}, "input"));
  EXPECT_TRUE(*database_->ReadsTable({"SELECT 1 FROM (SELECT * FROM input) x", {}}, "input"));
  EXPECT_FALSE(*database_->ReadsTable({"SELECT 42 AS input", {}}, "input"));
  const auto seven = arrow::MakeScalar(7);
  EXPECT_TRUE(*database_->ReadsTable({"FROM input WHERE id < ?", {seven}}, "input"));
  EXPECT_TRUE(*database_->ReadsTable({"FROM input JOIN t USING (id)", {}}, "input"));
  EXPECT_FALSE(database_->ReadsTable({"SELEC", {}}, "input").ok());
  EXPECT_FALSE(database_->ReadsTable({"FROM input; FROM input", {}}, "input").ok());
}

TEST_F(StreamExchangeTest, RefusesATypeWithoutAMappingByName) {
  const auto schema = arrow::schema({arrow::field("half", arrow::float16())});
  const auto exchange = database_->BeginExchange({"FROM input", {}}, schema, {}, {});
  EXPECT_EQ(KindOf(exchange.status()), ErrorKind::kUnsupportedMedia) << exchange.status();
  EXPECT_THAT(exchange.status().message(), HasSubstr("half"));
}

}  // namespace
}  // namespace arrowport::engine
