#include <cstdint>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <arrow/flight/server.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

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

/// What the server is told to answer.
struct Script {
  Status refusal = {};
  std::string refusal_slug = {};
  std::vector<std::shared_ptr<arrow::RecordBatch>> get_batches = {MakeRows(0, 2), MakeRows(2, 1)};
  Status get_end = {};
  bool get_hangs = false;    ///< After the batches, until the client leaves.
  bool put_commits = false;  ///< Each batch, and says so.
};

/// What it was sent.
struct Heard {
  std::vector<std::string> put_path;
  std::string put_command;
  std::vector<int64_t> put_rows;
  std::string put_note;
  std::string ticket;
};

/// Rows whose end does not come while the client is there.
class HangingReader final : public arrow::RecordBatchReader {
 public:
  HangingReader(const flight::ServerCallContext& context,
                std::vector<std::shared_ptr<arrow::RecordBatch>> batches)
      : context_(context), batches_(std::move(batches)) {}

  [[nodiscard]] std::shared_ptr<arrow::Schema> schema() const override { return batches_.schema(); }

  Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    ARROW_RETURN_NOT_OK(batches_.ReadNext(batch));
    if (*batch != nullptr) return Status::OK();
    while (!context_.is_cancelled()) std::this_thread::yield();
    return Status::Cancelled("the client has left");
  }

 private:
  const flight::ServerCallContext& context_;
  TestReader batches_;
};

/// A server that answers as the tests tell it. Calls and tests meet through gRPC, which is order
/// enough but which the thread sanitizer cannot see into: hence the lock.
class FakeServer final : public flight::FlightServerBase {
 public:
  using Context = flight::ServerCallContext;

  FakeServer() {
    flight::FlightServerOptions options(*flight::Location::ForGrpcTcp("127.0.0.1", 0));
    EXPECT_TRUE(Init(options).ok());
  }

  ~FakeServer() override {
    EXPECT_TRUE(Shutdown().ok());
    const std::lock_guard after_the_last_call(mutex_);
  }

  [[nodiscard]] std::string url() const { return "grpc://127.0.0.1:" + std::to_string(port()); }

  Status ListActions(const Context& /*context*/,
                     std::vector<flight::ActionType>* /*actions*/) override {
    return Status::OK();
  }

  Status DoPut(const Context& context, std::unique_ptr<flight::FlightMessageReader> reader,
               std::unique_ptr<flight::FlightMetadataWriter> writer) override {
    const Script told = script();
    Heard heard;
    heard.put_path = reader->descriptor().path;
    heard.put_command = reader->descriptor().cmd;
    for (;;) {
      ARROW_ASSIGN_OR_RAISE(const auto chunk, reader->Next());
      if (chunk.data == nullptr && chunk.app_metadata == nullptr) break;
      if (chunk.data != nullptr) heard.put_rows.push_back(chunk.data->num_rows());
      if (chunk.app_metadata != nullptr) heard.put_note = chunk.app_metadata->ToString();
      if (!told.refusal.ok()) return Refuse(context, told);
      if (told.put_commits) {
        const std::string commit =
            R"({"committed_rows": )" + std::to_string(heard.put_rows.size() * 10) + "}";
        ARROW_RETURN_NOT_OK(writer->WriteMetadata(*arrow::Buffer::FromString(commit)));
      }
    }
    Keep(std::move(heard));
    return writer->WriteMetadata(*arrow::Buffer::FromString(
        R"({"status": "success", "stream": "s", "table": "t", "rows_processed": 3, "batches": 2,
            "bytes": 24, "seconds": 0.5})"));
  }

  Status DoGet(const Context& context, const flight::Ticket& request,
               std::unique_ptr<flight::FlightDataStream>* stream) override {
    const Script told = script();
    Heard heard;
    heard.ticket = request.ticket;
    Keep(std::move(heard));
    if (!told.refusal.ok()) return Refuse(context, told);
    std::shared_ptr<arrow::RecordBatchReader> rows;
    if (told.get_hangs) {
      rows = std::make_shared<HangingReader>(context, told.get_batches);
    } else {
      rows = std::make_shared<TestReader>(told.get_batches, told.get_end);
    }
    *stream = std::make_unique<flight::RecordBatchStream>(rows);
    return Status::OK();
  }

  Status ListFlights(const Context& /*context*/, const flight::Criteria* /*criteria*/,
                     std::unique_ptr<flight::FlightListing>* listing) override {
    std::vector<flight::FlightInfo> infos = {*flight::FlightInfo::Make(
        *MakeRows(0, 1)->schema(), flight::FlightDescriptor::Path({"t"}), {}, 7, -1)};
    *listing = std::make_unique<flight::SimpleFlightListing>(std::move(infos));
    return Status::OK();
  }

  Status DoAction(const Context& /*context*/, const flight::Action& action,
                  std::unique_ptr<flight::ResultStream>* results) override {
    if (action.type != "healthcheck") return Status::NotImplemented(action.type);
    *results = std::make_unique<flight::SimpleResultStream>(std::vector<flight::Result>{});
    return Status::OK();
  }

  void Tell(Script script) {
    std::lock_guard lock(mutex_);
    script_ = std::move(script);
  }

  [[nodiscard]] Heard heard() const {
    std::lock_guard lock(mutex_);
    return heard_;
  }

 private:
  [[nodiscard]] Script script() const {
    std::lock_guard lock(mutex_);
    return script_;
  }

  void Keep(Heard heard) {
    std::lock_guard lock(mutex_);
    heard_ = std::move(heard);
  }

  static Status Refuse(const Context& context, const Script& told) {
    context.AddTrailer("arrowport-error-kind", told.refusal_slug);
    return told.refusal;
  }

  mutable std::mutex mutex_;
  Script script_;
  Heard heard_;
};

class FlightClientTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto client = Client::Connect(server_.url(), {});
    ASSERT_TRUE(client.ok()) << client.status();
    client_ = std::move(*client);
  }

  FakeServer server_;
  std::unique_ptr<Client> client_;
};

TEST_F(FlightClientTest, PutSendsCutBatchesAndReadsTheAnswer) {
  TestReader batches({MakeRows(0, 2), MakeRows(2, 200'000)});
  std::vector<int64_t> progress;
  const auto answer =
      client_->Put("trips", batches, [&](int64_t rows, int64_t) { progress.push_back(rows); });
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->table, "t");
  EXPECT_EQ(answer->rows, 3);
  EXPECT_THAT(server_.heard().put_path, ElementsAre("trips"));
  EXPECT_THAT(server_.heard().put_rows, ElementsAre(2, 122'880, 77'120));
  EXPECT_THAT(progress, ElementsAre(2, 122'882, 200'002));
}

TEST_F(FlightClientTest, PutTellsWithItsKindWhyTheServerTakesNoMore) {
  server_.Tell(
      {.refusal = Status::AlreadyExists("column 'fare' is string"), .refusal_slug = "conflict"});
  TestReader batches(std::vector(100, MakeRows(0, 122'880)));
  const auto answer = client_->Put("trips", batches, {});
  EXPECT_EQ(KindOf(answer.status()), ErrorKind::kConflict) << answer.status();
  EXPECT_EQ(answer.status().message(), server_.url() + ": column 'fare' is string");
}

TEST_F(FlightClientTest, PutTellsTheServerWhenItsBatchesFail) {
  TestReader batches({MakeRows(0, 2)}, MakeError(ErrorKind::kInvalidInput, "the file is cut"));
  const auto answer = client_->Put("trips", batches, {});
  EXPECT_EQ(answer.status().message(), "the file is cut");
  EXPECT_EQ(server_.heard().put_note, R"({"abort":"the file is cut"})");
}

TEST_F(FlightClientTest, AnOpenPutWaitsForTheCommitOfEachBatch) {
  server_.Tell({.put_commits = true});
  auto put = client_->BeginPut("trips", MakeRows(0, 1)->schema());
  ASSERT_TRUE(put.ok()) << put.status();
  // It needs no client.
  client_.reset();
  EXPECT_EQ(*(*put)->Commit(*MakeRows(0, 2)), 10);
  EXPECT_EQ(*(*put)->Commit(*MakeRows(2, 1)), 20);
  const auto answer = (*put)->Close();
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->rows, 3);
  EXPECT_EQ(server_.heard().put_command, R"({"commit":"batch","stream_name":"trips"})");
  EXPECT_THAT(server_.heard().put_rows, ElementsAre(2, 1));
}

TEST_F(FlightClientTest, AnOpenPutTellsWhyACommitFailed) {
  server_.Tell(
      {.refusal = Status::AlreadyExists("column 'fare' is string"), .refusal_slug = "conflict"});
  const auto put = client_->BeginPut("trips", MakeRows(0, 1)->schema()).ValueOrDie();
  const Status refused = put->Commit(*MakeRows(0, 2)).status();
  EXPECT_EQ(KindOf(refused), ErrorKind::kConflict);
  EXPECT_EQ(refused.message(), server_.url() + ": column 'fare' is string");
}

TEST_F(FlightClientTest, QuerySendsJsonAndReadsTheRows) {
  auto reader = client_->Query({.sql = "SELECT ?", .params_json = "[1]"});
  ASSERT_TRUE(reader.ok()) << reader.status();
  // Rows may be read when the client is gone.
  client_.reset();
  const auto rows = CountRows(**reader);
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_EQ(*rows, 3);
  EXPECT_EQ(server_.heard().ticket, R"({"params":[1],"sql":"SELECT ?"})");
}

TEST_F(FlightClientTest, QueryTellsTheKindOfARefusalAndNothingAroundTheMessage) {
  server_.Tell(
      {.refusal = flight::MakeFlightError(flight::FlightStatusCode::Unavailable, "too busy"),
       .refusal_slug = "overloaded"});
  const Status refused = client_->Query({.sql = "SELECT 1"}).status();
  EXPECT_EQ(KindOf(refused), ErrorKind::kOverloaded);
  EXPECT_EQ(refused.message(), server_.url() + ": too busy");
}

TEST_F(FlightClientTest, QueryFailsInTheMiddleAndStaysFailed) {
  server_.Tell({.get_end = Status::Invalid("row 3 is no number")});
  auto reader = client_->Query({.sql = "SELECT 1"});
  ASSERT_TRUE(reader.ok()) << reader.status();
  const auto rows = CountRows(**reader);
  EXPECT_EQ(KindOf(rows.status()), ErrorKind::kInvalidInput) << rows.status();
  EXPECT_EQ(rows.status().message(), server_.url() + ": row 3 is no number");
  EXPECT_FALSE((*reader)->Next().ok());
}

TEST_F(FlightClientTest, AReaderMayBeLeftInTheMiddle) {
  server_.Tell({.get_batches = std::vector(1000, MakeRows(0, 122'880))});
  auto reader = client_->Query({.sql = "SELECT 1"});
  ASSERT_TRUE(reader.ok()) << reader.status();
  ASSERT_TRUE((*reader)->Next().ok());
  reader->reset();
  EXPECT_TRUE(client_->CheckHealth().ok());
}

TEST_F(FlightClientTest, AQueryEndsWhenItsStopIsRequestedWhileItWaitsForRows) {
  server_.Tell({.get_hangs = true});
  std::stop_source stop;
  auto reader = client_->Query({.sql = "SELECT 1", .stop = stop.get_token()});
  ASSERT_TRUE(reader.ok()) << reader.status();
  std::thread other([&] { stop.request_stop(); });
  const auto rows = CountRows(**reader);
  EXPECT_EQ(KindOf(rows.status()), ErrorKind::kCancelled) << rows.status();
  EXPECT_FALSE((*reader)->Next().ok());
  other.join();
  EXPECT_TRUE(client_->CheckHealth().ok());
}

TEST_F(FlightClientTest, ListsTablesAndSaysWhatIsThereOverHttpOnly) {
  const auto tables = client_->ListTables();
  ASSERT_TRUE(tables.ok()) << tables.status();
  ASSERT_EQ(tables->size(), 1);
  EXPECT_EQ(tables->front().name, "t");
  EXPECT_EQ(tables->front().rows, 7);
  EXPECT_TRUE(client_->CheckHealth().ok());
  for (const Status& status :
       {client_->ListStreams().status(), client_->Get("/version").status()}) {
    EXPECT_EQ(KindOf(status), ErrorKind::kNotImplemented);
    EXPECT_THAT(status.message(), HasSubstr("over HTTP only"));
  }
}

TEST(FlightConnectTest, SaysWhatToDoWhenNobodyListens) {
  std::string url;
  {
    FakeServer server;
    url = server.url();
  }
  const Status refused = Client::Connect(url, {}).status();
  EXPECT_EQ(KindOf(refused), ErrorKind::kUnavailable);
  EXPECT_EQ(refused.message(),
            url + ": connection refused; is a server running there? arrowport serve starts one");
}

}  // namespace
}  // namespace arrowport::client
