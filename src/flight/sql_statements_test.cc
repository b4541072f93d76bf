#include "flight/sql_statements.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <arrow/api.h>
#include <arrow/ipc/dictionary.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "flight/test_server.h"
#include "flight/test_sql_client.h"

namespace arrowport::flight {
namespace {

using ::testing::HasSubstr;
using testing::MakeRows;

std::shared_ptr<arrow::RecordBatch> Ids(const std::vector<int64_t>& ids) {
  arrow::Int64Builder builder;
  (void)builder.AppendValues(ids);
  return arrow::RecordBatch::Make(arrow::schema({arrow::field("1", arrow::int64())}),
                                  static_cast<int64_t>(ids.size()), {*builder.Finish()});
}

std::shared_ptr<arrow::RecordBatch> Nothing() {
  return arrow::RecordBatch::Make(arrow::schema({}), 0, arrow::ArrayVector());
}

class SqlStatementsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const Status served = server_.Serve();
    ASSERT_TRUE(served.ok()) << served;
    ASSERT_TRUE(sql_.Query("CREATE TABLE t(id BIGINT PRIMARY KEY, name VARCHAR)").ok());
  }

  void ExpectRefused(const Status& status, arrow::StatusCode code, const std::string& words) {
    EXPECT_EQ(status.code(), code) << status;
    EXPECT_THAT(status.message(), HasSubstr(words));
  }

  testing::TestServer server_;
  testing::SqlClient sql_{server_};
};

TEST_F(SqlStatementsTest, AnswersAQuery) {
  sql::CommandStatementQuery command;
  command.set_query("SELECT 42::INTEGER AS x, 'a' AS y");
  const auto info = sql_.Info(command);
  ASSERT_TRUE(info.ok()) << info.status();
  arrow::ipc::DictionaryMemo memo;
  EXPECT_EQ((*(*info)->GetSchema(&memo))->ToString(), "x: int32\ny: string");
  EXPECT_EQ((*sql_.Get(command))->num_rows(), 1);
}

TEST_F(SqlStatementsTest, RunsWhatWritesOnce) {
  sql::CommandStatementQuery command;
  command.set_query("INSERT INTO t VALUES (1, 'a'), (2, 'b')");
  const auto info = sql_.Info(command);
  ASSERT_TRUE(info.ok()) << info.status();
  EXPECT_EQ(*sql_.Value("SELECT count(*) FROM t"), "2");
  const std::string ticket = (*info)->endpoints().front().ticket.ticket;
  for (int i = 0; i < 2; ++i) {
    const auto answer = server_.Get(ticket);
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_EQ((*(*answer)->column(0)->GetScalar(0))->ToString(), "2");
  }
  EXPECT_EQ(*sql_.Value("SELECT count(*) FROM t"), "2");
}

TEST_F(SqlStatementsTest, RunsWhatWritesAndReturnsOnce) {
  sql::CommandStatementQuery command;
  command.set_query("INSERT INTO t VALUES (1, 'a'), (2, 'b') RETURNING name");
  const auto info = sql_.Info(command);
  ASSERT_TRUE(info.ok()) << info.status();
  EXPECT_EQ(*sql_.Value("SELECT count(*) FROM t"), "2");
  EXPECT_EQ((*server_.Get((*info)->endpoints().front().ticket.ticket))->num_rows(), 2);
}

TEST_F(SqlStatementsTest, CountsTheRowsOfAnUpdate) {
  ASSERT_TRUE(sql_.Query("INSERT INTO t VALUES (1, 'a'), (2, 'b')").ok());
  sql::CommandStatementUpdate command;
  command.set_query("UPDATE t SET name = 'c'");
  sql::DoPutUpdateResult result;
  ASSERT_TRUE(result.ParseFromString(*sql_.Put(command, Nothing())));
  EXPECT_EQ(result.record_count(), 2);
  command.set_query("CREATE TABLE u(i INTEGER)");
  ASSERT_TRUE(result.ParseFromString(*sql_.Put(command, Nothing())));
  EXPECT_EQ(result.record_count(), 0);
  command.set_query("UPDATE nowhere SET x = 1");
  ExpectRefused(sql_.Put(command, Nothing()).status(), arrow::StatusCode::KeyError, "nowhere");
}

TEST_F(SqlStatementsTest, TellsOfAPreparedStatementWhatClientsNeed) {
  const auto query = sql_.Prepare("SELECT id, name FROM t WHERE id = ? AND name = ?");
  ASSERT_TRUE(query.ok()) << query.status();
  EXPECT_FALSE(query->is_update());
  EXPECT_EQ(query->dataset_schema(),
            *SerializeSchema(*arrow::schema(
                {arrow::field("id", arrow::int64()), arrow::field("name", arrow::utf8())})));
  EXPECT_EQ(query->parameter_schema(),
            *SerializeSchema(*arrow::schema(
                {arrow::field("1", arrow::int64()), arrow::field("2", arrow::utf8())})));
  const auto update = sql_.Prepare("DELETE FROM t");
  EXPECT_TRUE(update->is_update());
  EXPECT_EQ(update->dataset_schema(), *SerializeSchema(*arrow::schema({})));
  EXPECT_EQ(update->parameter_schema(), *SerializeSchema(*arrow::schema({})));
}

TEST_F(SqlStatementsTest, GuessesWhatDependsOnTheValues) {
  const auto any = sql_.Prepare("SELECT ? AS x, ? + 1 AS y");
  ASSERT_TRUE(any.ok()) << any.status();
  EXPECT_EQ(any->parameter_schema(),
            *SerializeSchema(*arrow::schema(
                {arrow::field("1", arrow::utf8()), arrow::field("2", arrow::utf8())})));
  EXPECT_NE(any->dataset_schema(), *SerializeSchema(*arrow::schema({})));
}

TEST_F(SqlStatementsTest, BindsOneRowAndMany) {
  ASSERT_TRUE(sql_.Query("INSERT INTO t SELECT range, 'n' || range FROM range(10)").ok());
  const auto prepared = sql_.Prepare("SELECT name FROM t WHERE id < ? ORDER BY id");
  const std::string handle = prepared->prepared_statement_handle();
  ASSERT_TRUE(sql_.Bind(handle, Ids({3})).ok());
  EXPECT_EQ((*sql_.Run(handle))->num_rows(), 3);
  EXPECT_EQ((*sql_.Run(handle))->num_rows(), 3);
  ASSERT_TRUE(sql_.Bind(handle, Ids({1, 0, 2})).ok());
  const auto rows = *sql_.Run(handle);
  ASSERT_EQ(rows->num_rows(), 3);
  EXPECT_EQ((*rows->column(0)->GetScalar(1))->ToString(), "n0");
}

TEST_F(SqlStatementsTest, ChangesRowsForEachRowOfParametersOrForNone) {
  const auto prepared = sql_.Prepare("INSERT INTO t(id) VALUES (?)");
  const std::string handle = prepared->prepared_statement_handle();
  EXPECT_EQ(*sql_.Update(handle, Ids({1, 2, 3})), 3);
  const auto refused = sql_.Update(handle, Ids({4, 5, 2, 6}));
  ExpectRefused(refused.status(), arrow::StatusCode::AlreadyExists,
                "row 2 of the parameters: Constraint Error");
  EXPECT_EQ(*sql_.Value("SELECT count(*) FROM t"), "3");
  // Bound, and then run as a query, as older clients do.
  ASSERT_TRUE(sql_.Bind(handle, Ids({7, 8})).ok());
  EXPECT_EQ((*(*(*sql_.Run(handle))->column(0)->GetScalar(0))).ToString(), "2");
  EXPECT_EQ(*sql_.Value("SELECT count(*) FROM t"), "5");
}

TEST_F(SqlStatementsTest, RefusesAnotherNumberOfParameters) {
  const auto prepared = sql_.Prepare("SELECT * FROM t WHERE id = ? AND name = ?");
  const std::string handle = prepared->prepared_statement_handle();
  ExpectRefused(sql_.Bind(handle, Ids({1})), arrow::StatusCode::Invalid,
                "the statement has 2 parameters, and 1 were sent");
  ExpectRefused(sql_.Update(handle, Ids({1})).status(), arrow::StatusCode::Invalid,
                "has 2 parameters");
  ExpectRefused(sql_.Run(handle).status(), arrow::StatusCode::Invalid, "parameter");
}

TEST_F(SqlStatementsTest, ForgetsWhatIsClosedOrExpired) {
  const auto prepared = sql_.Prepare("SELECT 1");
  ASSERT_TRUE(sql_.Close(prepared->prepared_statement_handle()).ok());
  for (const std::string& handle : {prepared->prepared_statement_handle(), std::string("x")}) {
    ExpectRefused(sql_.Run(handle).status(), arrow::StatusCode::KeyError, "no such prepared");
    ExpectRefused(sql_.Bind(handle, Ids({1})), arrow::StatusCode::KeyError, "no such prepared");
    EXPECT_TRUE(sql_.Close(handle).ok());
  }
  service::ServiceOptions options;
  options.statement_lifetime = std::chrono::milliseconds(20);
  ASSERT_TRUE(server_.Serve({}, options).ok());
  const auto shortlived = sql_.Prepare("SELECT 1");
  ASSERT_TRUE(shortlived.ok()) << shortlived.status();
  while (server_.service->statements().count() > 0) std::this_thread::yield();
  ExpectRefused(sql_.Run(shortlived->prepared_statement_handle()).status(),
                arrow::StatusCode::KeyError, "no such prepared");
}

TEST_F(SqlStatementsTest, IngestsAsTheTableAllows) {
  using Definition = sql::CommandStatementIngest::TableDefinitionOptions;
  sql::CommandStatementIngest command;
  command.set_table("rides");
  auto& definition = *command.mutable_table_definition_options();
  const auto put = [&] { return sql_.Put(command, MakeRows(0, 10)).status(); };
  ExpectRefused(put(), arrow::StatusCode::KeyError, "rides");
  definition.set_if_not_exist(Definition::TABLE_NOT_EXIST_OPTION_CREATE);
  sql::DoPutUpdateResult result;
  ASSERT_TRUE(result.ParseFromString(*sql_.Put(command, MakeRows(0, 10))));
  EXPECT_EQ(result.record_count(), 10);
  ExpectRefused(put(), arrow::StatusCode::AlreadyExists, "is there already");
  definition.set_if_exists(Definition::TABLE_EXISTS_OPTION_APPEND);
  EXPECT_TRUE(put().ok());
  (*command.mutable_options())["producer"] = "p";
  ExpectRefused(put(), arrow::StatusCode::Invalid, "sequence");
  (*command.mutable_options())["sequence"] = "one";
  ExpectRefused(put(), arrow::StatusCode::Invalid, "'sequence' must be a whole number");
  (*command.mutable_options())["sequence"] = "1";
  EXPECT_TRUE(put().ok());
  EXPECT_TRUE(put().ok());
  EXPECT_EQ(*sql_.Value("SELECT count(*) FROM rides"), "30");
  definition.set_if_exists(Definition::TABLE_EXISTS_OPTION_REPLACE);
  ExpectRefused(put(), arrow::StatusCode::Invalid, "producer");
  command.Clear();
  ExpectRefused(put(), arrow::StatusCode::Invalid, "names no table");
}

TEST_F(SqlStatementsTest, AnIngestSaysHowItsRowsLand) {
  using Definition = sql::CommandStatementIngest::TableDefinitionOptions;
  sql::CommandStatementIngest command;
  command.set_table("rides");
  auto& definition = *command.mutable_table_definition_options();
  definition.set_if_not_exist(Definition::TABLE_NOT_EXIST_OPTION_CREATE);
  definition.set_if_exists(Definition::TABLE_EXISTS_OPTION_APPEND);
  auto& options = *command.mutable_options();
  const auto put = [&](int64_t first) { return sql_.Put(command, MakeRows(first, 10)).status(); };
  options["mode"] = "upsert";
  ExpectRefused(put(0), arrow::StatusCode::Invalid, "needs `key`");
  options["key"] = "id";
  EXPECT_TRUE(put(0).ok());
  EXPECT_TRUE(put(5).ok());
  EXPECT_EQ(*sql_.Value("SELECT count(*) FROM rides"), "15");
  options = {};
  options["mode"] = "replace";
  EXPECT_TRUE(put(0).ok());
  EXPECT_EQ(*sql_.Value("SELECT count(*) FROM rides"), "10");
  ASSERT_TRUE(sql_.Query("ALTER TABLE rides DROP COLUMN name").ok());
  options = {};
  ExpectRefused(put(10), arrow::StatusCode::AlreadyExists, "name");
  options["on_schema_change"] = "add_columns";
  EXPECT_TRUE(put(10).ok());
  EXPECT_EQ(*sql_.Value("SELECT count(*) FROM rides WHERE name IS NULL"), "10");
  options["schema_change"] = "strict";
  ExpectRefused(put(20), arrow::StatusCode::Invalid, "the option 'schema_change': there is no");
  definition.set_if_exists(Definition::TABLE_EXISTS_OPTION_REPLACE);
  ExpectRefused(put(20), arrow::StatusCode::Invalid, "a transaction of their own");
  EXPECT_EQ(*sql_.Value("SELECT count(*) FROM rides"), "20");
}

TEST_F(SqlStatementsTest, APolledStatementRunsOnce) {
  const auto poll = [this](const std::string& text) {
    sql::CommandStatementQuery command;
    command.set_query(text);
    auto descriptor = arrow::flight::FlightDescriptor::Command(Pack(command));
    auto polled = server_.client->PollFlightInfo(descriptor);
    while (polled.ok() && (*polled)->descriptor) {
      descriptor = *(*polled)->descriptor;
      polled = server_.client->PollFlightInfo(descriptor);
    }
    return polled;
  };
  ASSERT_TRUE(poll("CREATE TABLE rides AS SELECT range AS id FROM range(10)").ok());
  const auto changed = poll("INSERT INTO rides SELECT id + 10 FROM rides");
  ASSERT_TRUE(changed.ok()) << changed.status();
  EXPECT_EQ((*server_.Get((*changed)->info->endpoints()[0].ticket.ticket))->num_rows(), 1);
  EXPECT_EQ(*sql_.Value("SELECT count(*) FROM rides"), "20");
  ExpectRefused(poll("SELECT nothing FROM rides").status(), arrow::StatusCode::Invalid, "nothing");
  sql::CommandGetTableTypes types;
  const auto at_once =
      server_.client->PollFlightInfo(arrow::flight::FlightDescriptor::Command(Pack(types)));
  ASSERT_TRUE(at_once.ok()) << at_once.status();
  EXPECT_FALSE((*at_once)->descriptor);
}

TEST_F(SqlStatementsTest, SaysWhatItDoesNotDo) {
  sql::CommandStatementSubstraitPlan plan;
  ExpectRefused(sql_.Info(plan).status(), arrow::StatusCode::NotImplemented, "Substrait");
  ExpectRefused(
      sql_.Act("CreatePreparedSubstraitPlan", Pack(sql::ActionCreatePreparedSubstraitPlanRequest()))
          .status(),
      arrow::StatusCode::NotImplemented, "Substrait");
  sql::CommandStatementQuery foreign;
  foreign.set_query("SELECT 1");
  foreign.set_transaction_id("nobody's");
  ExpectRefused(sql_.Info(foreign).status(), arrow::StatusCode::KeyError, "transaction");
  ExpectRefused(sql_.Prepare("SELECT 1; SELECT 2").status(), arrow::StatusCode::NotImplemented,
                "single statement");
}

TEST_F(SqlStatementsTest, RefusesBrokenMessages) {
  const std::string broken = PackBytes("arrow.flight.protocol.sql.CommandStatementQuery", "\xff");
  const std::string unknown = PackBytes("arrow.flight.protocol.sql.CommandOfTomorrow", "");
  const auto info = [this](const std::string& command) {
    return server_.client->GetFlightInfo(arrow::flight::FlightDescriptor::Command(command))
        .status();
  };
  ExpectRefused(info(broken), arrow::StatusCode::Invalid, "are broken");
  ExpectRefused(info(unknown), arrow::StatusCode::NotImplemented, "CommandOfTomorrow");
  ExpectRefused(server_.Get(unknown).status(), arrow::StatusCode::NotImplemented,
                "CommandOfTomorrow");
  ExpectRefused(sql_.Act("CreatePreparedStatement", "SELECT 1").status(),
                arrow::StatusCode::Invalid, "not a packed arrow.flight.protocol.sql");
  ExpectRefused(sql_.Put(sql::CommandGetTables(), Nothing()).status(),
                arrow::StatusCode::NotImplemented, "takes no rows");
}

TEST_F(SqlStatementsTest, RefusesChangedMessages) {
  sql::CommandStatementQuery command;
  command.set_query("SELECT 1 AS x");
  const std::string good = Pack(command);
  std::mt19937 random(20261122);
  for (int round = 0; round < 2000; ++round) {
    std::string changed = good;
    for (int i = 0; i < 2; ++i) changed[random() % changed.size()] = static_cast<char>(random());
    const Status status =
        server_.client->GetFlightInfo(arrow::flight::FlightDescriptor::Command(changed)).status();
    const bool is_clear = status.ok() || status.IsInvalid() || status.IsNotImplemented();
    EXPECT_TRUE(is_clear) << "round " << round << ": " << status;
  }
  EXPECT_EQ(*sql_.Value("SELECT 1"), "1");
}

}  // namespace
}  // namespace arrowport::flight
