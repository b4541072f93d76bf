
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <arrow/ipc/dictionary.h>
#include <gmock/gmock.h>

#include "base/call_control.h"
#include "base/error.h"
#include "flight/test_server.h"

namespace arrowport::flight {
namespace {

using arrow::flight::FlightCallOptions;
using arrow::flight::FlightDescriptor;
using arrow::flight::FlightStatusCode;
using arrow::flight::FlightStatusDetail;
using arrow::flight::Ticket;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using testing::MakeRows;

// Takes longer than any test: no row comes before it has seen them all.
constexpr char kEndlessSql[] =
    "SELECT sum(a.range * b.range) FROM range(10000000) a, range(10000000) b";

class DoorTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const Status served = door_.Serve();
    ASSERT_TRUE(served.ok()) << served;
    ASSERT_TRUE(door_.Put(FlightDescriptor::Path({"trips"}), {MakeRows(0, 1000)}).ok());
  }

  static std::optional<FlightStatusCode> CodeOf(const Status& status) {
    const auto detail = FlightStatusDetail::UnwrapStatus(status);
    if (detail == nullptr) return std::nullopt;
    return detail->code();
  }

  testing::TestServer door_;
};

TEST_F(DoorTest, AnswersSqlInOneRoundTrip) {
  const auto table = door_.Get("SELECT id, name FROM trips ORDER BY id DESC");
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ((*table)->num_rows(), 1000);
  EXPECT_EQ((*table)->schema()->ToString(), "id: int64\nname: string");
  EXPECT_EQ(door_.Number("SELECT max(id) FROM trips"), 999);
}

TEST_F(DoorTest, BindsTheParametersOfAJsonTicket) {
  EXPECT_EQ(door_.Number(R"({"sql": "SELECT count(*) FROM trips WHERE id < ? AND name <> ?",
                       "params": [10, "row 3"]})"),
            9);
}

TEST_F(DoorTest, ReadsATableByItsTicket) {
  const auto table = door_.Get(R"({"table": "trips"})");
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ((*table)->num_rows(), 1000);
}

TEST_F(DoorTest, AnswersAResultWithoutRowsWithItsSchema) {
  const auto table = door_.Get("SELECT id FROM trips WHERE false");
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ((*table)->num_rows(), 0);
  EXPECT_EQ((*table)->schema()->ToString(), "id: int64");
}

TEST_F(DoorTest, TellsWhatIsWrongWithATicket) {
  EXPECT_TRUE(door_.Get("").status().IsInvalid());
  EXPECT_TRUE(door_.Get("{\"sql\": 1}").status().IsInvalid());
  EXPECT_TRUE(door_.Get("SELEC 1").status().IsInvalid());
  const Status missing = door_.Get(R"({"table": "no_such"})").status();
  EXPECT_TRUE(missing.IsKeyError()) << missing;
  EXPECT_THAT(missing.message(), HasSubstr("no_such"));
}

TEST_F(DoorTest, TellsOfAnErrorInTheMiddleOfAResult) {
  const Status failed = door_
                            .Get(
                                "SELECT CASE WHEN i = 900000 THEN error('too far') ELSE i END FROM "
                                "range(1000000) t(i)")
                            .status();
  EXPECT_FALSE(failed.ok());
  EXPECT_THAT(failed.message(), HasSubstr("too far"));
}

TEST_F(DoorTest, DescribesATableWithItsRowsAndATicketForThem) {
  auto info = door_.client->GetFlightInfo(FlightDescriptor::Path({"main", "trips"}));
  ASSERT_TRUE(info.ok()) << info.status();
  EXPECT_EQ((*info)->total_records(), 1000);
  EXPECT_EQ((*info)->total_bytes(), -1);
  EXPECT_TRUE((*info)->ordered());
  arrow::ipc::DictionaryMemo memo;
  EXPECT_EQ((*(*info)->GetSchema(&memo))->ToString(), "id: int64\nname: string");
  ASSERT_EQ((*info)->endpoints().size(), 1);
  EXPECT_TRUE((*info)->endpoints()[0].locations.empty());
  const auto table = door_.Get((*info)->endpoints()[0].ticket.ticket);
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ((*table)->num_rows(), 1000);
}

TEST_F(DoorTest, DescribesAQueryWithoutRunningIt) {
  const auto descriptor = FlightDescriptor::Command(kEndlessSql);
  auto info = door_.client->GetFlightInfo(descriptor);
  ASSERT_TRUE(info.ok()) << info.status();
  EXPECT_EQ((*info)->total_records(), -1);
  EXPECT_EQ(door_.database->counters().running_queries, 0);
  auto schema = door_.client->GetSchema(descriptor);
  ASSERT_TRUE(schema.ok()) << schema.status();
  arrow::ipc::DictionaryMemo memo;
  EXPECT_EQ((*(*schema)->GetSchema(&memo))->num_fields(), 1);
}

TEST_F(DoorTest, OffersAnUnorderedResultUnderSeveralEndpoints) {
  const auto info = door_.client->GetFlightInfo(
      FlightDescriptor::Command(R"({"sql": "FROM trips", "ordered": false, "endpoints": 3})"));
  ASSERT_TRUE(info.ok()) << info.status();
  EXPECT_FALSE((*info)->ordered());
  ASSERT_EQ((*info)->endpoints().size(), 3);
  int64_t rows = 0;
  for (const auto& endpoint : (*info)->endpoints()) {
    EXPECT_GT(endpoint.expiration_time, std::chrono::system_clock::now());
    const auto table = door_.Get(endpoint.ticket.ticket);
    ASSERT_TRUE(table.ok()) << table.status();
    rows += (*table)->num_rows();
  }
  EXPECT_EQ(rows, 1000);
  const Status used = door_.Get((*info)->endpoints()[0].ticket.ticket).status();
  EXPECT_TRUE(used.IsKeyError()) << used;
}

TEST_F(DoorTest, RenewsAnEndpoint) {
  const auto info = door_.client->GetFlightInfo(FlightDescriptor::Path({"trips"}));
  ASSERT_TRUE(info.ok()) << info.status();
  const auto& endpoint = (*info)->endpoints()[0];
  const auto renewed =
      door_.client->RenewFlightEndpoint(arrow::flight::RenewFlightEndpointRequest(endpoint));
  ASSERT_TRUE(renewed.ok()) << renewed.status();
  EXPECT_EQ(renewed->ticket.ticket, endpoint.ticket.ticket);
  EXPECT_GE(renewed->expiration_time, endpoint.expiration_time);
  arrow::flight::FlightEndpoint guess = endpoint;
  guess.ticket.ticket = "guess";
  const Status unknown =
      door_.client->RenewFlightEndpoint(arrow::flight::RenewFlightEndpointRequest(guess)).status();
  EXPECT_TRUE(unknown.IsKeyError()) << unknown;
}

TEST_F(DoorTest, CancelsAResultThatIsBeingRead) {
  auto info = door_.client->GetFlightInfo(FlightDescriptor::Command(kEndlessSql));
  ASSERT_TRUE(info.ok()) << info.status();
  auto reader = door_.client->DoGet((*info)->endpoints()[0].ticket);
  ASSERT_TRUE(reader.ok()) << reader.status();
  while (door_.database->counters().running_queries == 0) std::this_thread::yield();
  const auto cancel = [&] {
    return door_.client->CancelFlightInfo({std::make_unique<arrow::flight::FlightInfo>(**info)});
  };
  const auto cancelled = cancel();
  ASSERT_TRUE(cancelled.ok()) << cancelled.status();
  EXPECT_EQ(cancelled->status, arrow::flight::CancelStatus::kCancelled);
  EXPECT_EQ(CodeOf((*reader)->Next().status()), FlightStatusCode::Cancelled);
  reader->reset();
  EXPECT_EQ(cancel()->status, arrow::flight::CancelStatus::kNotCancellable);
}

TEST_F(DoorTest, PollsAResultThatIsThereAtOnce) {
  const auto poll = door_.client->PollFlightInfo(FlightDescriptor::Path({"trips"}));
  ASSERT_TRUE(poll.ok()) << poll.status();
  EXPECT_EQ((*poll)->descriptor, std::nullopt);
  EXPECT_EQ((*poll)->progress, 1.0);
  ASSERT_NE((*poll)->info, nullptr);
  EXPECT_EQ((*door_.Get((*poll)->info->endpoints()[0].ticket.ticket))->num_rows(), 1000);
}

TEST_F(DoorTest, PollsAStatementUntilItsResultIsThere) {
  ASSERT_TRUE(door_.Get("CREATE TABLE numbers AS SELECT range AS i FROM range(2000000)").ok());
  auto poll = door_.client->PollFlightInfo(
      FlightDescriptor::Command("SELECT sum(length(repeat(md5(i::VARCHAR), 40))) FROM numbers"));
  while (poll.ok() && (*poll)->descriptor) {
    poll = door_.client->PollFlightInfo(*(*poll)->descriptor);
  }
  ASSERT_TRUE(poll.ok()) << poll.status();
  EXPECT_EQ((*poll)->info->total_records(), 1);
  // It can be read as often as one likes.
  for (int i = 0; i < 2; ++i) {
    const auto rows = door_.Get((*poll)->info->endpoints()[0].ticket.ticket);
    ASSERT_TRUE(rows.ok()) << rows.status();
    EXPECT_EQ((*rows)->column(0)->GetScalar(0).ValueOrDie()->ToString(), "2560000000");
  }
}

TEST_F(DoorTest, TellsHowFarAStatementIsAndCancelsIt) {
  ASSERT_TRUE(door_.Get("CREATE TABLE numbers AS SELECT range AS i FROM range(2000000)").ok());
  // Takes many seconds.
  auto poll = door_.client->PollFlightInfo(
      FlightDescriptor::Command("SELECT sum(length(repeat(md5(i::VARCHAR), 1500))) FROM numbers"));
  while (poll.ok() && (*poll)->descriptor && (*poll)->progress.value_or(0) == 0) {
    poll = door_.client->PollFlightInfo(*(*poll)->descriptor);
  }
  ASSERT_TRUE(poll.ok()) << poll.status();
  ASSERT_TRUE((*poll)->descriptor);
  EXPECT_GT((*poll)->progress, 0);
  EXPECT_LT((*poll)->progress, 1);
  const auto cancelled =
      door_.client->CancelFlightInfo({std::make_unique<arrow::flight::FlightInfo>(*(*poll)->info)});
  ASSERT_TRUE(cancelled.ok()) << cancelled.status();
  EXPECT_EQ(cancelled->status, arrow::flight::CancelStatus::kCancelled);
  EXPECT_TRUE(door_.service->WaitUntilIdle(Clock::now() + std::chrono::seconds(20)));
  EXPECT_TRUE(door_.client->PollFlightInfo(*(*poll)->descriptor).status().IsKeyError());
}

TEST_F(DoorTest, RefusesAnActionWhoseBodyIsNoMessage) {
  for (const char* type : {"CancelFlightInfo", "RenewFlightEndpoint"}) {
    auto answers = door_.client->DoAction({type, arrow::Buffer::FromString("\xff\xff")});
    const Status refused = answers.ok() ? (*answers)->Next().status() : answers.status();
    EXPECT_TRUE(refused.IsInvalid()) << refused;
  }
}

TEST_F(DoorTest, LeavesAClientThatTakesNothing) {
  ASSERT_TRUE(door_.Serve({.read_idle_max = std::chrono::milliseconds(100)}).ok());
  auto reader = door_.client->DoGet(Ticket("SELECT range FROM range(1000000000000)"));
  ASSERT_TRUE(reader.ok()) << reader.status();
  while (door_.database->counters().running_queries == 0) std::this_thread::yield();
  EXPECT_TRUE(door_.service->WaitUntilIdle(Clock::now() + std::chrono::seconds(10)));
  Status ended;
  while (ended.ok()) ended = (*reader)->Next().status();
  EXPECT_NE(CodeOf(ended), std::nullopt) << ended;
}

TEST_F(DoorTest, TellsThatATableIsMissing) {
  const auto missing = FlightDescriptor::Path({"no_such"});
  EXPECT_TRUE(door_.client->GetFlightInfo(missing).status().IsKeyError());
  EXPECT_TRUE(door_.client->GetSchema(missing).status().IsKeyError());
}

TEST_F(DoorTest, ListsTheTablesWithTheirRows) {
  auto listing = door_.client->ListFlights();
  ASSERT_TRUE(listing.ok()) << listing.status();
  auto info = (*listing)->Next();
  ASSERT_TRUE(info.ok()) << info.status();
  ASSERT_NE(*info, nullptr);
  EXPECT_EQ((*info)->total_records(), 1000);
  // The path of a listed table is one that can be asked for.
  EXPECT_TRUE(door_.client->GetFlightInfo((*info)->descriptor()).ok());
  EXPECT_EQ((*door_.Get((*info)->endpoints()[0].ticket.ticket))->num_rows(), 1000);
}

TEST_F(DoorTest, SaysThatItIsWell) {
  auto answers = door_.client->DoAction({"healthcheck", nullptr});
  ASSERT_TRUE(answers.ok()) << answers.status();
  auto answer = (*answers)->Next();
  ASSERT_TRUE(answer.ok()) << answer.status();
  ASSERT_NE(*answer, nullptr);
  EXPECT_EQ((*answer)->body->ToString(), R"({"status":"ok"})");
  const auto actions = door_.client->ListActions();
  ASSERT_TRUE(actions.ok()) << actions.status();
  std::vector<std::string> names;
  for (const auto& action : *actions) names.push_back(action.type);
  EXPECT_THAT(names, IsSupersetOf({"healthcheck", "CancelFlightInfo", "RenewFlightEndpoint"}));
}

TEST_F(DoorTest, SaysInASentenceWhatItDoesNotServe) {
  auto unknown = door_.client->DoAction({"make_tea", nullptr});
  const Status status = unknown.ok() ? (*unknown)->Next().status() : unknown.status();
  EXPECT_TRUE(status.IsNotImplemented()) << status;
  EXPECT_THAT(status.message(), HasSubstr("known are healthcheck, CancelFlightInfo"));
}

TEST_F(DoorTest, EndsAQueryWhoseClientGoesAwayWhileNoRowIsReady) {
  FlightCallOptions options;
  options.timeout = arrow::flight::TimeoutDuration(0.3);
  auto reader = door_.client->DoGet(options, Ticket(kEndlessSql));
  ASSERT_TRUE(reader.ok()) << reader.status();
  EXPECT_EQ(CodeOf((*reader)->Next().status()), FlightStatusCode::TimedOut);
  EXPECT_TRUE(door_.IsIdleWithinASecond());
}

TEST_F(DoorTest, EndsAQueryWhoseClientCancelsInTheMiddleOfItsRows) {
  auto reader = door_.client->DoGet(Ticket("SELECT range FROM range(1000000000000)"));
  ASSERT_TRUE(reader.ok()) << reader.status();
  ASSERT_TRUE((*reader)->Next().ok());
  (*reader)->Cancel();
  reader->reset();
  EXPECT_TRUE(door_.IsIdleWithinASecond());
}

TEST_F(DoorTest, KeepsTheTimeoutOfATicket) {
  const Status late =
      door_.Get(R"({"timeout_ms": 100, "sql": ")" + std::string(kEndlessSql) + "\"}").status();
  EXPECT_EQ(CodeOf(late), FlightStatusCode::TimedOut) << late;
  EXPECT_TRUE(door_.IsIdleWithinASecond());
}

TEST_F(DoorTest, RefusesMoreCallsThanAllowed) {
  ASSERT_TRUE(door_.Serve({.calls_max = 1}).ok());
  auto running = door_.client->DoGet(Ticket("SELECT range FROM range(1000000000000)"));
  ASSERT_TRUE(running.ok()) << running.status();
  ASSERT_TRUE((*running)->Next().ok());
  const Status refused = door_.client->ListActions().status();
  EXPECT_EQ(CodeOf(refused), FlightStatusCode::Unavailable) << refused;
  EXPECT_THAT(refused.message(), HasSubstr("as many Flight calls as allowed"));
  (*running)->Cancel();
  running->reset();
  EXPECT_TRUE(door_.IsIdleWithinASecond());
}

TEST_F(DoorTest, CountsItsCallsByVerbAndOutcome) {
  EXPECT_FALSE(door_.Get("SELEC 1").ok());
  EXPECT_TRUE(door_.Get("SELECT 1").ok());
  const std::string page = door_.metrics.Page();
  EXPECT_THAT(
      page,
      HasSubstr("arrowport_requests_total{outcome=\"ok\",protocol=\"flight\",verb=\"do_get\"} 1"));
  EXPECT_THAT(page, HasSubstr("arrowport_requests_total{outcome=\"invalid-input\",protocol="
                              "\"flight\",verb=\"do_get\"} 1"));
}

}  // namespace
}  // namespace arrowport::flight
