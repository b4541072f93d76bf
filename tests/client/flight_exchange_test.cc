#include "client/flight_exchange.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <arrow/api.h>
#include <arrow/flight/server.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "client/client.h"
#include "client/test_rows.h"

namespace arrowport::client {
namespace {

namespace flight = arrow::flight;
using testing::CountRows;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::MakeRows;
using testing::TestReader;

/// Sends back each batch as it comes; offers rows under two tickets; answers actions by their body.
class EchoServer final : public flight::FlightServerBase {
 public:
  using Context = flight::ServerCallContext;

  EchoServer() {
    flight::FlightServerOptions options(*flight::Location::ForGrpcTcp("127.0.0.1", 0));
    EXPECT_TRUE(Init(options).ok());
  }
  ~EchoServer() override { EXPECT_TRUE(Shutdown().ok()); }

  EchoServer(const EchoServer&) = delete;
  EchoServer& operator=(const EchoServer&) = delete;

  [[nodiscard]] std::string url() const { return "grpc://127.0.0.1:" + std::to_string(port()); }

  Status ListActions(const Context& /*context*/,
                     std::vector<flight::ActionType>* /*actions*/) override {
    return Status::OK();
  }

  Status DoExchange(const Context& /*context*/, std::unique_ptr<flight::FlightMessageReader> reader,
                    std::unique_ptr<flight::FlightMessageWriter> writer) override {
    if (reader->descriptor().cmd == "refused") return Status::Invalid("no such exchanger");
    ARROW_ASSIGN_OR_RAISE(const auto schema, reader->GetSchema());
    ARROW_RETURN_NOT_OK(writer->Begin(schema));
    for (;;) {
      ARROW_ASSIGN_OR_RAISE(const auto chunk, reader->Next());
      if (chunk.app_metadata != nullptr) return Status::Cancelled(chunk.app_metadata->ToString());
      if (chunk.data == nullptr) return Status::OK();
      ARROW_RETURN_NOT_OK(writer->WriteRecordBatch(*chunk.data));
    }
  }

  Status GetFlightInfo(const Context& /*context*/, const flight::FlightDescriptor& descriptor,
                       std::unique_ptr<flight::FlightInfo>* info) override {
    std::vector<flight::FlightEndpoint> endpoints(2);
    endpoints[0].ticket.ticket = "one";
    endpoints[1].ticket.ticket = descriptor.cmd.find("broken") == std::string::npos ? "two" : "no";
    ARROW_ASSIGN_OR_RAISE(auto made, flight::FlightInfo::Make(*MakeRows(0, 1)->schema(), descriptor,
                                                              endpoints, -1, -1));
    *info = std::make_unique<flight::FlightInfo>(std::move(made));
    return Status::OK();
  }

  Status DoGet(const Context& /*context*/, const flight::Ticket& ticket,
               std::unique_ptr<flight::FlightDataStream>* stream) override {
    const int64_t rows = ticket.ticket == "one" ? 10 : 7;
    const Status end = ticket.ticket == "no" ? Status::Invalid("the second part") : Status::OK();
    *stream = std::make_unique<flight::RecordBatchStream>(
        std::make_shared<TestReader>(std::vector{MakeRows(0, rows)}, end));
    return Status::OK();
  }

  Status DoAction(const Context& /*context*/, const flight::Action& action,
                  std::unique_ptr<flight::ResultStream>* results) override {
    std::vector<flight::Result> texts = {flight::Result(arrow::Buffer::FromString(action.type)),
                                         flight::Result(action.body)};
    *results = std::make_unique<flight::SimpleResultStream>(std::move(texts));
    return Status::OK();
  }
};

class FlightExchangeTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto client = Client::Connect(server_.url(), {});
    ASSERT_TRUE(client.ok()) << client.status();
    client_ = std::move(*client);
  }

  Result<int64_t> Exchanged(const std::string& command, std::shared_ptr<TestReader> rows) {
    ARROW_ASSIGN_OR_RAISE(const auto reader, client_->Exchange(command, std::move(rows)));
    return CountRows(*reader);
  }

  EchoServer server_;
  std::unique_ptr<Client> client_;
};

TEST_F(FlightExchangeTest, ReadsWhatComesBackWhileItSends) {
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
  constexpr int64_t kBatches = 100;
  constexpr int64_t kRows = 50'000;
  for (int64_t i = 0; i < kBatches; ++i) batches.push_back(MakeRows(i * kRows, kRows));
  EXPECT_EQ(Exchanged("echo", std::make_shared<TestReader>(batches)).ValueOr(-1), kBatches * kRows);
}

TEST_F(FlightExchangeTest, FailsAsTheServerSays) {
  const Status refused =
      Exchanged("refused", std::make_shared<TestReader>(std::vector{MakeRows(0, 1)})).status();
  EXPECT_EQ(KindOf(refused), ErrorKind::kInvalidInput) << refused;
  EXPECT_THAT(refused.message(), HasSubstr(server_.url() + ": no such exchanger"));
}

TEST_F(FlightExchangeTest, FailsAsTheRowsThatAreSentDo) {
  const auto rows = std::make_shared<TestReader>(
      std::vector{MakeRows(0, 5)}, MakeError(ErrorKind::kNotFound, "the source is gone"));
  const Status failed = Exchanged("echo", rows).status();
  EXPECT_EQ(KindOf(failed), ErrorKind::kNotFound) << failed;
  EXPECT_EQ(failed.message(), "the source is gone");
}

TEST_F(FlightExchangeTest, MayBeLeftInTheMiddle) {
  const auto rows = std::make_shared<TestReader>(std::vector(1'000, MakeRows(0, 122'880)));
  auto reader = client_->Exchange("echo", rows);
  ASSERT_TRUE(reader.ok()) << reader.status();
  ASSERT_TRUE((*reader)->Next().ok());
  reader->reset();
  EXPECT_TRUE(client_->Act("well", "").ok());
}

TEST_F(FlightExchangeTest, AParallelQueryReadsAllStreams) {
  const auto reader = client_->Query({.sql = "FROM t", .parallel = true});
  ASSERT_TRUE(reader.ok()) << reader.status();
  const auto table = (*reader)->ToTable();
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ((*table)->num_rows(), 17);
}

TEST_F(FlightExchangeTest, AParallelQueryFailsWithEachOfItsStreams) {
  const auto reader = client_->Query({.sql = "FROM broken", .parallel = true});
  ASSERT_TRUE(reader.ok()) << reader.status();
  EXPECT_THAT((*reader)->ToTable().status().message(), HasSubstr("the second part"));
}

TEST_F(FlightExchangeTest, AnActionAnswersTexts) {
  EXPECT_THAT(client_->Act("make_tea", "two cups").ValueOr({}),
              ElementsAre("make_tea", "two cups"));
}

}  // namespace
}  // namespace arrowport::client
