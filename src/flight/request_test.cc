#include "flight/request.h"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <arrow/scalar.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace arrowport::flight {
namespace {

using arrow::flight::FlightDescriptor;
using testing::HasSubstr;

void ExpectInvalid(const Status& status, const std::string& words) {
  EXPECT_EQ(KindOf(status), ErrorKind::kInvalidInput) << status.ToString();
  EXPECT_THAT(status.message(), HasSubstr(words));
}

std::string StreamOf(const FlightDescriptor& descriptor) {
  return ReadPut(descriptor).ValueOrDie().stream;
}

TEST(StreamNameTest, IsThePathJoinedWithDots) {
  EXPECT_EQ(StreamOf(FlightDescriptor::Path({"trips"})), "trips");
  EXPECT_EQ(StreamOf(FlightDescriptor::Path({"main", "trips"})), "main.trips");
}

TEST(StreamNameTest, IsAPlainCommandOrTheStreamNameOfAJsonCommand) {
  EXPECT_EQ(StreamOf(FlightDescriptor::Command("trips")), "trips");
  EXPECT_EQ(StreamOf(FlightDescriptor::Command(R"({"stream_name": "trips"})")), "trips");
  EXPECT_EQ(StreamOf(FlightDescriptor::Command(
                R"( {"stream_name": "trips", "config": {"chunk_size": 10000}})")),
            "trips");
}

TEST(StreamNameTest, IsAskedForWhenTheDescriptorHasNone) {
  ExpectInvalid(ReadPut(FlightDescriptor::Path({})).status(), "path is empty");
  ExpectInvalid(ReadPut(FlightDescriptor::Path({"main", ""})).status(), "empty part");
  ExpectInvalid(ReadPut(FlightDescriptor::Command("")).status(), "names no stream");
  ExpectInvalid(ReadPut(FlightDescriptor()).status(), "names no stream");
  ExpectInvalid(ReadPut(FlightDescriptor::Command("{}")).status(), "stream_name");
  ExpectInvalid(ReadPut(FlightDescriptor::Command(R"({"stream_name": 7})")).status(),
                "stream_name");
  ExpectInvalid(ReadPut(FlightDescriptor::Command(R"({"stream_name": "a)")).status(),
                "not a valid JSON object");
}

TEST(ProducerStampTest, StandsInTheJsonCommand) {
  const auto put = ReadPut(FlightDescriptor::Command(
      R"({"stream_name": "trips", "producer": "p", "epoch": 3, "sequence": 7})"));
  ASSERT_TRUE(put.ok()) << put.status();
  EXPECT_EQ(put->stamp.producer, "p");
  EXPECT_EQ(put->stamp.epoch, 3);
  EXPECT_EQ(put->stamp.sequence, 7);
  EXPECT_FALSE(ReadPut(FlightDescriptor::Path({"trips"}))->stamp.is_set());
}

TEST(ProducerStampTest, IsRefusedByHalves) {
  const auto refuses = [](const char* command, const char* words) {
    ExpectInvalid(ReadPut(FlightDescriptor::Command(command)).status(), words);
  };
  refuses(R"({"stream_name": "t", "sequence": 1})", "belongs to a \"producer\"");
  refuses(R"({"stream_name": "t", "producer": "p", "sequence": "1"})", "\"sequence\"");
  refuses(R"({"stream_name": "t", "producer": "", "sequence": 1})", "\"producer\"");
}

TEST(CommitRuleTest, IsTheWholePutUnlessTheCommandSaysOtherwise) {
  const auto rows = [](const char* command) {
    return ReadPut(FlightDescriptor::Command(command)).ValueOrDie().commit_rows;
  };
  EXPECT_EQ(rows("t"), std::nullopt);
  EXPECT_EQ(rows(R"({"stream_name": "t", "producer": "p", "sequence": 1})"), std::nullopt);
  EXPECT_EQ(rows(R"({"stream_name": "t", "commit": "batch"})"), 0);
  EXPECT_EQ(rows(R"({"stream_name": "t", "commit": 1000})"), 1000);
  // Each batch says its sequence itself.
  EXPECT_EQ(rows(R"({"stream_name": "t", "producer": "p"})"), 0);
}

TEST(CommitRuleTest, IsRefusedWhenItHasNoMeaning) {
  const auto refuses = [](const char* command, const char* words) {
    ExpectInvalid(ReadPut(FlightDescriptor::Command(command)).status(), words);
  };
  refuses(R"({"stream_name": "t", "commit": 0})", "\"commit\"");
  refuses(R"({"stream_name": "t", "commit": "row"})", "\"commit\"");
  refuses(R"({"stream_name": "t", "commit": true})", "\"commit\"");
  refuses(R"({"stream_name": "t", "commit": 10, "producer": "p"})", "\"sequence\"");
}

TEST(PutNoteTest, HasASequenceOrACommit) {
  EXPECT_EQ(ReadPutNote(R"({"sequence": 7})")->sequence, 7);
  EXPECT_TRUE(ReadPutNote(R"({"commit": true})")->commit);
  EXPECT_FALSE(ReadPutNote("a note")->sequence);
  EXPECT_FALSE(ReadPutNote("a note")->commit);
  ExpectInvalid(ReadPutNote(R"({"sequence": "7"})").status(), "\"sequence\"");
  ExpectInvalid(ReadPutNote(R"({"commit": 1})").status(), "\"commit\"");
}

TEST(TicketTest, IsSql) {
  const auto request = ReadTicket("SELECT 1");
  ASSERT_TRUE(request.ok()) << request.status().ToString();
  EXPECT_EQ(request->statement.sql, "SELECT 1");
  EXPECT_TRUE(request->table.empty());
  EXPECT_TRUE(request->options.ordered);
  EXPECT_FALSE(request->timeout);
}

TEST(TicketTest, IsJsonWithParametersOfTheirTypes) {
  const auto request = ReadTicket(R"({"sql": "SELECT ?", "ordered": false, "timeout_ms": 250,
      "params": [null, true, -3, 18446744073709551615, 2.5, "x"]})");
  ASSERT_TRUE(request.ok()) << request.status().ToString();
  EXPECT_FALSE(request->options.ordered);
  EXPECT_EQ(request->timeout, std::chrono::milliseconds(250));
  std::vector<std::string> types;
  for (const auto& parameter : request->statement.parameters) {
    types.push_back(parameter->type->ToString());
  }
  EXPECT_THAT(types, testing::ElementsAre("null", "bool", "int64", "uint64", "double", "string"));
}

TEST(TicketTest, IsRefusedByTheKeyThatIsWrong) {
  ExpectInvalid(ReadTicket(" \n").status(), "ticket is empty");
  ExpectInvalid(ReadTicket("{").status(), "not a valid JSON object");
  ExpectInvalid(ReadTicket(R"({"params": []})").status(), "either \"sql\" or \"table\"");
  ExpectInvalid(ReadTicket(R"({"sql": "SELECT 1", "table": "t"})").status(), "either");
  ExpectInvalid(ReadTicket(R"({"sql": ""})").status(), "\"sql\"");
  ExpectInvalid(ReadTicket(R"({"sql": "SELECT 1", "parameters": []})").status(), "\"parameters\"");
  ExpectInvalid(ReadTicket(R"({"sql": "SELECT ?", "params": 1})").status(), "must be an array");
  ExpectInvalid(ReadTicket(R"({"sql": "SELECT ?", "params": [1, [2]]})").status(), "params[1]");
  ExpectInvalid(ReadTicket(R"({"sql": "SELECT 1", "ordered": 1})").status(), "\"ordered\"");
  ExpectInvalid(ReadTicket(R"({"sql": "SELECT 1", "timeout_ms": 0})").status(), "\"timeout_ms\"");
  ExpectInvalid(ReadTicket(R"({"sql": "SELECT 1", "timeout_ms": 1e300})").status(),
                "\"timeout_ms\"");
  ExpectInvalid(ReadTicket(R"({"table": "t", "params": [1]})").status(), "\"params\"");
}

TEST(TicketTest, ReadsHowManyEndpointsThereMayBe) {
  EXPECT_EQ(ReadTicket(R"({"sql": "SELECT 1", "endpoints": 4})")->endpoints, 4);
  EXPECT_EQ(ReadTicket("SELECT 1")->endpoints, 0);
  for (const char* wrong : {"0", "-1", "1.5", "257", "\"4\"", "null"}) {
    const std::string ticket = R"({"sql": "SELECT 1", "endpoints": )" + std::string(wrong) + "}";
    ExpectInvalid(ReadTicket(ticket).status(), "\"endpoints\"");
  }
}

TEST(TicketTest, OfATableReadsBackAsTheTable) {
  EXPECT_EQ(ReadTicket(TicketOfTable("main.trips"))->table, "main.trips");
}

}  // namespace
}  // namespace arrowport::flight
