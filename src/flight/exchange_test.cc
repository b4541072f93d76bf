#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include <arrow/api.h>
#include <arrow/flight/client.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/call_control.h"
#include "base/error.h"
#include "flight/test_server.h"

namespace arrowport::flight {
namespace {

using arrow::flight::FlightDescriptor;
using ::testing::HasSubstr;
using testing::MakeRows;

class ExchangeTest : public ::testing::Test {
 protected:
  using Streams = arrow::flight::FlightClient::DoExchangeResult;

  void SetUp() override {
    const Status served = door_.Serve();
    ASSERT_TRUE(served.ok()) << served;
  }

  [[nodiscard]] Result<Streams> Open(const std::string& command) const {
    return door_.client->DoExchange(FlightDescriptor::Command(command));
  }

  // The rows of the next batch, -1 at the end.
  static Result<int64_t> NextRows(const Streams& exchange) {
    ARROW_ASSIGN_OR_RAISE(const auto chunk, exchange.reader->Next());
    return chunk.data == nullptr ? -1 : chunk.data->num_rows();
  }

  // What `command` makes of `rows` rows.
  [[nodiscard]] Result<std::shared_ptr<arrow::Table>> Exchanged(const std::string& command,
                                                                int64_t rows) const {
    ARROW_ASSIGN_OR_RAISE(auto exchange, Open(command));
    const auto batch = MakeRows(0, rows);
    ARROW_RETURN_NOT_OK(exchange.writer->Begin(batch->schema()));
    (void)exchange.writer->WriteRecordBatch(*batch);
    (void)exchange.writer->DoneWriting();
    auto table = exchange.reader->ToTable();
    const Status closed = exchange.writer->Close();
    return closed.ok() ? table : Result<std::shared_ptr<arrow::Table>>(closed);
  }

  testing::TestServer door_;
};

TEST_F(ExchangeTest, RunsSqlOverWhatComesIn) {
  const auto table = Exchanged("SELECT sum(id)::BIGINT AS s FROM input", 100);
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ((*table)->column(0)->GetScalar(0).ValueOrDie()->ToString(), "4950");
}

TEST_F(ExchangeTest, AnswersEachBatchBeforeTheNextOneIsSent) {
  auto exchange = Open("my_streaming_exchanger");
  ASSERT_TRUE(exchange.ok()) << exchange.status();
  ASSERT_TRUE(exchange->writer->Begin(MakeRows(0, 1)->schema()).ok());
  for (int64_t i = 1; i < 5; ++i) {
    ASSERT_TRUE(exchange->writer->WriteRecordBatch(*MakeRows(0, i)).ok());
    EXPECT_EQ(NextRows(*exchange).ValueOr(-2), i);
  }
  EXPECT_EQ((*exchange->reader->GetSchema())->ToString(),
            "id: int64\nname: string\nprocessed: bool");
  ASSERT_TRUE(exchange->writer->DoneWriting().ok());
  EXPECT_EQ(NextRows(*exchange).ValueOr(-2), -1);
  EXPECT_TRUE(exchange->writer->Close().ok());
}

TEST_F(ExchangeTest, TakesACommandInJson) {
  const auto table = Exchanged(
      R"({"sql": "SELECT count(*)::BIGINT FROM mine WHERE id < ?", "as": "mine", "params": [7]})",
      100);
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ((*table)->column(0)->GetScalar(0).ValueOrDie()->ToString(), "7");
}

TEST_F(ExchangeTest, AnswersSqlThatReadsNoInputWithoutAny) {
  auto exchange = Open("SELECT 42 AS a");
  ASSERT_TRUE(exchange.ok()) << exchange.status();
  const auto table = exchange->reader->ToTable();
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ((*table)->column(0)->GetScalar(0).ValueOrDie()->ToString(), "42");
}

TEST_F(ExchangeTest, RunsAnExchangerByItsName) {
  ASSERT_TRUE(door_.service->AddExchanger({}, "late", "SELECT id FROM input WHERE id >= 90").ok());
  for (const char* command : {"late", R"({"exchanger": "late", "ordered": false})"}) {
    const auto table = Exchanged(command, 100);
    ASSERT_TRUE(table.ok()) << command << ": " << table.status();
    EXPECT_EQ((*table)->num_rows(), 10) << command;
  }
}

TEST_F(ExchangeTest, TellsOfAnExchangerThatIsNotThere) {
  const Status word = Exchanged("no_such", 1).status();
  EXPECT_TRUE(word.IsInvalid()) << word;
  EXPECT_THAT(word.message(), HasSubstr("no exchanger 'no_such'"));
  const Status json = Exchanged(R"({"exchanger": "no_such"})", 1).status();
  EXPECT_TRUE(json.IsKeyError()) << json;
}

TEST_F(ExchangeTest, TellsWhatIsWrongWithACommand) {
  for (const char* command : {"", "SELEC 1", "{}", R"({"sql": 1})", R"({"sql": "x", "table": "t"})",
                              R"({"sql": "FROM input", "exchanger": "x"})",
                              R"({"exchanger": "my_streaming_exchanger", "as": "x"})",
                              "no_such_exchanger", "SELECT no_such FROM input"}) {
    const Status refused = Exchanged(command, 1).status();
    EXPECT_TRUE(refused.IsInvalid()) << command << ": " << refused;
  }
}

TEST_F(ExchangeTest, TellsAnErrorInTheMiddle) {
  const Status failed =
      Exchanged("SELECT CASE WHEN id = 7 THEN error('seven') ELSE id END FROM input", 10).status();
  EXPECT_TRUE(failed.IsInvalid()) << failed;
  EXPECT_THAT(failed.message(), HasSubstr("seven"));
  EXPECT_TRUE(door_.IsIdleWithinASecond());
}

TEST_F(ExchangeTest, EndsWhenItsClientGoesAway) {
  auto exchange = Open("my_streaming_exchanger");
  ASSERT_TRUE(exchange.ok()) << exchange.status();
  ASSERT_TRUE(exchange->writer->Begin(MakeRows(0, 1)->schema()).ok());
  ASSERT_TRUE(exchange->writer->WriteRecordBatch(*MakeRows(0, 10)).ok());
  ASSERT_EQ(NextRows(*exchange).ValueOr(-2), 10);
  EXPECT_EQ(door_.database->counters().running_queries, 1);
  exchange->reader->Cancel();
  (void)exchange->writer->Close();
  EXPECT_TRUE(door_.IsIdleWithinASecond());
}

TEST_F(ExchangeTest, TakesEverythingBeforeAnythingIsRead) {
  auto exchange = Open("my_streaming_exchanger");
  ASSERT_TRUE(exchange.ok()) << exchange.status();
  const auto batch = MakeRows(0, 200'000);
  ASSERT_TRUE(exchange->writer->Begin(batch->schema()).ok());
  constexpr int kBatches = 60;  // Several times what fits in memory.
  for (int i = 0; i < kBatches; ++i) ASSERT_TRUE(exchange->writer->WriteRecordBatch(*batch).ok());
  ASSERT_TRUE(exchange->writer->DoneWriting().ok());
  const auto table = exchange->reader->ToTable();
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ((*table)->num_rows(), kBatches * batch->num_rows());
  EXPECT_TRUE(exchange->writer->Close().ok());
}

TEST_F(ExchangeTest, EndsAClientThatSendsMoreThanFitsOnDisk) {
  constexpr int64_t kDiskBytes = 8'000'000;
  ASSERT_TRUE(door_
                  .Serve({}, {.spill = {.bytes_max = kDiskBytes,
                                        .full_patience = std::chrono::milliseconds(200)}})
                  .ok());
  auto exchange = Open("my_streaming_exchanger");
  ASSERT_TRUE(exchange.ok()) << exchange.status();
  const auto batch = MakeRows(0, 200'000);
  ASSERT_TRUE(exchange->writer->Begin(batch->schema()).ok());
  for (int i = 0; i < 60; ++i) ASSERT_TRUE(exchange->writer->WriteRecordBatch(*batch).ok());
  ASSERT_TRUE(exchange->writer->DoneWriting().ok());
  const Status failed = exchange->reader->ToTable().status();
  EXPECT_THAT(failed.message(), HasSubstr("exchange_spill_bytes_max"));
  (void)exchange->writer->Close();
  EXPECT_TRUE(door_.IsIdleWithinASecond());
}

TEST_F(ExchangeTest, LeavesAClientThatNeitherSendsNorReads) {
  ASSERT_TRUE(door_.Serve({.put_idle_max = std::chrono::milliseconds(200)}).ok());
  auto exchange = Open("my_streaming_exchanger");
  ASSERT_TRUE(exchange.ok()) << exchange.status();
  const auto batch = MakeRows(0, 200'000);
  ASSERT_TRUE(exchange->writer->Begin(batch->schema()).ok());
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(exchange->writer->WriteRecordBatch(*batch).ok());
  EXPECT_TRUE(door_.service->WaitUntilIdle(Clock::now() + std::chrono::seconds(10)));
  (void)exchange->writer->Close();
}

}  // namespace
}  // namespace arrowport::flight
