#include "flight/sql_sessions.h"

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <arrow/api.h>
#include <arrow/flight/client.h>
#include <arrow/flight/types.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/ids.h"
#include "flight/sql_messages.h"
#include "flight/test_server.h"
#include "flight/test_sql_client.h"

namespace arrowport::flight {
namespace {

using ::testing::HasSubstr;
using testing::MakeRows;
using testing::SqlClient;
using Definition = sql::CommandStatementIngest::TableDefinitionOptions;

class SqlSessionsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const Status served = server_.Serve();
    ASSERT_TRUE(served.ok()) << served;
    ASSERT_TRUE(plain_.Query("CREATE TABLE t(id BIGINT PRIMARY KEY, name VARCHAR)").ok());
  }

  // A client that keeps its cookie.
  SqlClient WithSession() {
    arrow::flight::FlightCallOptions options;
    options.headers.emplace_back("cookie", "theme=dark; arrowport_session=" + NewId() + "; x=1");
    return SqlClient(server_, options);
  }

  static sql::CommandStatementIngest Ingest(const std::string& table,
                                            Definition::TableExistsOption if_exists) {
    sql::CommandStatementIngest command;
    command.set_table(table);
    auto& definition = *command.mutable_table_definition_options();
    definition.set_if_not_exist(Definition::TABLE_NOT_EXIST_OPTION_CREATE);
    definition.set_if_exists(if_exists);
    return command;
  }

  static Result<int64_t> Count(const Result<std::string>& answer) {
    ARROW_RETURN_NOT_OK(answer.status());
    sql::DoPutUpdateResult result;
    if (!result.ParseFromString(*answer)) return Status::Invalid("no DoPutUpdateResult");
    return result.record_count();
  }

  static Result<std::map<std::string, arrow::flight::SessionOptionValue>> Options(
      const SqlClient& client) {
    ARROW_ASSIGN_OR_RAISE(const std::string body,
                          arrow::flight::GetSessionOptionsRequest().SerializeToString());
    ARROW_ASSIGN_OR_RAISE(const std::string answer, client.Act("GetSessionOptions", body));
    ARROW_ASSIGN_OR_RAISE(auto told, arrow::flight::GetSessionOptionsResult::Deserialize(answer));
    return told.session_options;
  }

  static Result<arrow::flight::SetSessionOptionsResult> Set(
      const SqlClient& client,
      const std::map<std::string, arrow::flight::SessionOptionValue>& options) {
    ARROW_ASSIGN_OR_RAISE(const std::string body,
                          arrow::flight::SetSessionOptionsRequest(options).SerializeToString());
    ARROW_ASSIGN_OR_RAISE(const std::string answer, client.Act("SetSessionOptions", body));
    return arrow::flight::SetSessionOptionsResult::Deserialize(answer);
  }

  std::string Rows() { return plain_.Value("SELECT count(*) FROM t").ValueOr("?"); }

  testing::TestServer server_;
  SqlClient plain_{server_};
};

TEST_F(SqlSessionsTest, ATransactionIsCommittedOrNot) {
  for (const bool commit : {false, true}) {
    const auto transaction = plain_.Begin();
    ASSERT_TRUE(transaction.ok()) << transaction.status();
    ASSERT_TRUE(plain_.Query("INSERT INTO t VALUES (1, 'a')", *transaction).ok());
    const auto seen = plain_.Query("FROM t", *transaction);
    ASSERT_TRUE(seen.ok()) << seen.status();
    EXPECT_EQ((*seen)->num_rows(), 1);
    EXPECT_EQ(Rows(), "0");
    ASSERT_TRUE(plain_.End(*transaction, commit).ok());
    EXPECT_EQ(Rows(), commit ? "1" : "0");
    EXPECT_TRUE(plain_.End(*transaction, commit).IsKeyError());
  }
  EXPECT_EQ(server_.service->open_transactions(), 0);
}

TEST_F(SqlSessionsTest, UpdatesAndPreparedStatementsAreInATransaction) {
  const std::string transaction = plain_.Begin().ValueOrDie();
  sql::CommandStatementUpdate update;
  update.set_query("INSERT INTO t VALUES (1, 'a'); INSERT INTO t VALUES (2, 'b'), (3, 'c')");
  update.set_transaction_id(transaction);
  EXPECT_EQ(*Count(plain_.Put(update, MakeRows(0, 0))), 3);
  sql::ActionCreatePreparedStatementRequest request;
  request.set_query("INSERT INTO t VALUES (?, ?)");
  request.set_transaction_id(transaction);
  const std::string answer = plain_.Act("CreatePreparedStatement", Pack(request)).ValueOrDie();
  const auto prepared = ParseBody<sql::ActionCreatePreparedStatementResult>(answer).ValueOrDie();
  EXPECT_EQ(*plain_.Update(prepared.prepared_statement_handle(), MakeRows(10, 4)), 4);
  EXPECT_EQ(Rows(), "0");
  ASSERT_TRUE(plain_.End(transaction, /*commit=*/true).ok());
  EXPECT_EQ(Rows(), "7");
  EXPECT_TRUE(
      plain_.Update(prepared.prepared_statement_handle(), MakeRows(20, 1)).status().IsKeyError());
}

TEST_F(SqlSessionsTest, AnUpdateIsAnsweredWhateverRowsComeWithIt) {
  sql::CommandStatementUpdate update;
  update.set_query("INSERT INTO t VALUES (1, 'a'), (2, 'b')");
  const std::vector<std::shared_ptr<arrow::RecordBatch>> rows(200, MakeRows(0, 1'000));
  const auto descriptor = arrow::flight::FlightDescriptor::Command(Pack(update));
  EXPECT_EQ(*Count(server_.Put(descriptor, rows)), 2);
  EXPECT_EQ(Rows(), "2");
}

TEST_F(SqlSessionsTest, AnUpdateEndsWhoseClientNeverSaysThatItHasSentAll) {
  sql::CommandStatementUpdate update;
  update.set_query("INSERT INTO t VALUES (1, 'a')");
  const auto descriptor = arrow::flight::FlightDescriptor::Command(Pack(update));
  auto put = server_.client->DoPut({}, descriptor, arrow::schema({})).ValueOrDie();
  std::shared_ptr<arrow::Buffer> answer;
  ASSERT_TRUE(put.reader->ReadMetadata(&answer).ok());
  ASSERT_NE(answer, nullptr);
  EXPECT_EQ(*Count(answer->ToString()), 1);
  // The end of the call.
  ASSERT_TRUE(put.reader->ReadMetadata(&answer).ok());
  EXPECT_EQ(answer, nullptr);
  EXPECT_TRUE(put.writer->Close().ok());
}

TEST_F(SqlSessionsTest, IngestsInATransaction) {
  const std::string transaction = plain_.Begin().ValueOrDie();
  auto command = Ingest("t", Definition::TABLE_EXISTS_OPTION_APPEND);
  command.set_transaction_id(transaction);
  EXPECT_EQ(*Count(plain_.Put(command, MakeRows(0, 5))), 5);
  command.set_table("fresh");
  EXPECT_EQ(*Count(plain_.Put(command, MakeRows(0, 3))), 3);
  EXPECT_EQ(Rows(), "0");
  EXPECT_FALSE(server_.HasTable("fresh"));
  // A producer's rows are committed by themselves.
  (*command.mutable_options())["producer"] = "p";
  (*command.mutable_options())["sequence"] = "1";
  EXPECT_TRUE(plain_.Put(command, MakeRows(0, 3)).status().IsInvalid());
  ASSERT_TRUE(plain_.End(transaction, /*commit=*/true).ok());
  EXPECT_EQ(Rows(), "5");
  EXPECT_TRUE(server_.HasTable("fresh"));
}

TEST_F(SqlSessionsTest, ReplacesATable) {
  EXPECT_EQ(
      *Count(plain_.Put(Ingest("t", Definition::TABLE_EXISTS_OPTION_REPLACE), MakeRows(0, 5))), 5);
  EXPECT_EQ(
      *Count(plain_.Put(Ingest("t", Definition::TABLE_EXISTS_OPTION_REPLACE), MakeRows(0, 2))), 2);
  EXPECT_EQ(Rows(), "2");
  EXPECT_EQ(
      *Count(plain_.Put(Ingest("u", Definition::TABLE_EXISTS_OPTION_REPLACE), MakeRows(0, 4))), 4);
  auto command = Ingest("missing", Definition::TABLE_EXISTS_OPTION_REPLACE);
  command.mutable_table_definition_options()->set_if_not_exist(
      Definition::TABLE_NOT_EXIST_OPTION_FAIL);
  EXPECT_TRUE(plain_.Put(command, MakeRows(0, 1)).status().IsKeyError());
  EXPECT_EQ(server_.service->open_sessions(), 0);
}

TEST_F(SqlSessionsTest, TemporaryTablesAreOfTheSession) {
  auto command = Ingest("passing", Definition::TABLE_EXISTS_OPTION_APPEND);
  command.set_temporary(true);
  const Status refused = plain_.Put(command, MakeRows(0, 1)).status();
  EXPECT_TRUE(refused.IsInvalid());
  EXPECT_THAT(refused.message(), HasSubstr("needs a session"));
  const SqlClient client = WithSession();
  EXPECT_EQ(*Count(client.Put(command, MakeRows(0, 5))), 5);
  EXPECT_EQ(*client.Value("SELECT count(*) FROM passing"), "5");
  EXPECT_FALSE(plain_.Value("SELECT count(*) FROM passing").ok());
  EXPECT_EQ(server_.service->open_sessions(), 1);
  const std::string body = arrow::flight::CloseSessionRequest().SerializeToString().ValueOrDie();
  const std::string answer = client.Act("CloseSession", body).ValueOrDie();
  EXPECT_EQ(arrow::flight::CloseSessionResult::Deserialize(answer)->status,
            arrow::flight::CloseSessionStatus::kClosed);
  EXPECT_EQ(server_.service->open_sessions(), 0);
  EXPECT_FALSE(client.Value("SELECT count(*) FROM passing").ok());
}

TEST_F(SqlSessionsTest, OptionsAreSetAndTold) {
  ASSERT_TRUE(plain_.Query("CREATE SCHEMA s").ok());
  const SqlClient client = WithSession();
  EXPECT_EQ(std::get<std::string>(Options(client)->at("schema")), "main");
  EXPECT_TRUE(
      Set(client, {{"schema", std::string("s")}, {"integer_division", true}})->errors.empty());
  const auto told = Options(client).ValueOrDie();
  EXPECT_EQ(std::get<std::string>(told.at("schema")), "s");
  EXPECT_EQ(std::get<std::string>(told.at("integer_division")), "true");
  ASSERT_TRUE(client.Query("CREATE TABLE here AS SELECT 7 / 2 AS x").ok());
  EXPECT_EQ(*plain_.Value("SELECT x FROM s.here"), "3");
  using Error = arrow::flight::SetSessionOptionErrorValue;
  const auto refused = Set(client, {{"threads", int64_t{1}},
                                    {"TimeZone", std::string("No/Where")},
                                    {"schema", std::vector<std::string>{"s"}}})
                           .ValueOrDie();
  EXPECT_EQ(refused.errors.at("threads").value, Error::kInvalidName);
  EXPECT_EQ(refused.errors.at("TimeZone").value, Error::kInvalidValue);
  EXPECT_EQ(refused.errors.at("schema").value, Error::kInvalidValue);
  EXPECT_TRUE(Set(client, {{"schema", std::monostate()}})->errors.empty());
  EXPECT_EQ(std::get<std::string>(Options(client)->at("schema")), "main");
}

TEST_F(SqlSessionsTest, ATokenIsASessionToo) {
  const auto header = server_.client->AuthenticateBasicToken({}, "ada", "secret");
  ASSERT_TRUE(header.ok()) << header.status();
  arrow::flight::FlightCallOptions options;
  options.headers.push_back(*header);
  const SqlClient client(server_, options);
  ASSERT_TRUE(client.Query("CREATE TEMP TABLE mine AS SELECT 7 AS x").ok());
  EXPECT_EQ(*client.Value("SELECT x FROM mine"), "7");
  // Not one that somebody made up, which others may have, too.
  arrow::flight::FlightCallOptions shared;
  shared.headers.emplace_back("authorization", "Bearer of everybody");
  EXPECT_TRUE(
      SqlClient(server_, shared).Query("CREATE TEMP TABLE x AS SELECT 1").status().IsInvalid());
}

TEST_F(SqlSessionsTest, CancelsAResultTheOldWay) {
  sql::CommandStatementQuery command;
  command.set_query("SELECT i, hash(i) AS h FROM range(100000000) t(i)");
  const auto info = plain_.Info(command).ValueOrDie();
  sql::ActionCancelQueryRequest request;
  request.set_info(info->SerializeToString().ValueOrDie());
  const std::string answer = plain_.Act("CancelQuery", Pack(request)).ValueOrDie();
  EXPECT_EQ(ParseBody<sql::ActionCancelQueryResult>(answer)->result(),
            sql::ActionCancelQueryResult::CANCEL_RESULT_CANCELLED);
  EXPECT_FALSE(server_.Get(info->endpoints().front().ticket.ticket).ok());
}

TEST_F(SqlSessionsTest, SaysWhatThereIsNot) {
  sql::ActionBeginSavepointRequest savepoint;
  const Status refused = plain_.Act("BeginSavepoint", Pack(savepoint)).status();
  EXPECT_TRUE(refused.IsNotImplemented()) << refused;
  EXPECT_THAT(refused.message(), HasSubstr("savepoints"));
  EXPECT_TRUE(plain_.Act("EndSavepoint", Pack(sql::ActionEndSavepointRequest()))
                  .status()
                  .IsNotImplemented());
  sql::ActionEndTransactionRequest unspecified;
  unspecified.set_transaction_id(plain_.Begin().ValueOrDie());
  EXPECT_TRUE(plain_.Act("EndTransaction", Pack(unspecified)).status().IsInvalid());
  EXPECT_TRUE(
      plain_.Act("EndTransaction", Pack(sql::ActionEndTransactionRequest())).status().IsInvalid());
}

TEST_F(SqlSessionsTest, EveryActionRefusesWhatIsNoBodyOfIts) {
  constexpr std::array kTypes = {"CreatePreparedStatement",
                                 "ClosePreparedStatement",
                                 "CreatePreparedSubstraitPlan",
                                 "BeginTransaction",
                                 "EndTransaction",
                                 "BeginSavepoint",
                                 "EndSavepoint",
                                 "CancelQuery",
                                 "SetSessionOptions",
                                 "GetSessionOptions",
                                 "CloseSession",
                                 "CancelFlightInfo",
                                 "RenewFlightEndpoint"};
  sql::ActionEndTransactionRequest foreign;
  foreign.set_transaction_id("nobody's");
  foreign.set_action(sql::ActionEndTransactionRequest::END_TRANSACTION_COMMIT);
  const std::string good = Pack(foreign);
  std::mt19937 random(20261123);
  for (const char* type : kTypes) {
    for (int round = 0; round < 200; ++round) {
      std::string body = good;
      for (int i = 0; i < round % 4; ++i) {
        body[random() % body.size()] = static_cast<char>(random());
      }
      body.resize(random() % (body.size() + 1));
      const Status status = plain_.Act(type, body).status();
      const bool is_clear =
          status.ok() || status.IsInvalid() || status.IsNotImplemented() || status.IsKeyError();
      EXPECT_TRUE(is_clear) << type << ", round " << round << ": " << status;
    }
  }
  EXPECT_EQ(Rows(), "0");
}

TEST_F(SqlSessionsTest, EveryPutRefusesHandlesOfNobody) {
  sql::CommandStatementUpdate update;
  update.set_query("DELETE FROM t");
  update.set_transaction_id("nobody's");
  EXPECT_TRUE(plain_.Put(update, MakeRows(0, 1)).status().IsKeyError());
  auto ingest = Ingest("t", Definition::TABLE_EXISTS_OPTION_APPEND);
  ingest.set_transaction_id("nobody's");
  EXPECT_TRUE(plain_.Put(ingest, MakeRows(0, 1)).status().IsKeyError());
  EXPECT_TRUE(plain_.Update("nobody's", MakeRows(0, 1)).status().IsKeyError());
  EXPECT_TRUE(plain_.Bind("nobody's", MakeRows(0, 1)).IsKeyError());
  EXPECT_TRUE(plain_.Run("nobody's").status().IsKeyError());
  // It may have expired, which is nothing to its client.
  EXPECT_TRUE(plain_.Close("nobody's").ok());
  sql::ActionCreatePreparedStatementRequest prepare;
  prepare.set_query("SELECT 1");
  prepare.set_transaction_id("nobody's");
  EXPECT_TRUE(plain_.Act("CreatePreparedStatement", Pack(prepare)).status().IsKeyError());
}

}  // namespace
}  // namespace arrowport::flight
