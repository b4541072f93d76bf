#include "flight/put_session.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "flight/test_server.h"

namespace arrowport::flight {
namespace {

using arrow::flight::FlightDescriptor;
using ::testing::HasSubstr;
using testing::MakeRows;
using Json = nlohmann::json;

// More than a put that waits for company may have.
constexpr int64_t kLargeRows = 100'000;

/// One DoPut, by hand.
class Session {
 public:
  Session(testing::TestServer& door, const std::string& command) : Session(*door.client, command) {}

  Session(arrow::flight::FlightClient& client, const std::string& command) {
    auto put = client.DoPut(FlightDescriptor::Command(command), MakeRows(0, 1)->schema());
    if (!put.ok()) return;
    writer_ = std::move(put->writer);
    reader_ = std::move(put->reader);
  }

  Status Write(int64_t begin, int64_t rows) {
    return writer_->WriteRecordBatch(*MakeRows(begin, rows));
  }

  Status Write(int64_t begin, int64_t rows, int64_t sequence) {
    return writer_->WriteWithMetadata(*MakeRows(begin, rows),
                                      Note(Json{{"sequence", sequence}}.dump()));
  }

  Status Say(const std::string& note) { return writer_->WriteMetadata(Note(note)); }

  // The next acknowledgement, or an empty object at the end.
  Json Read() {
    std::shared_ptr<arrow::Buffer> message;
    if (!reader_->ReadMetadata(&message).ok() || message == nullptr) return Json::object();
    return Json::parse(message->ToString());
  }

  Status DoneWriting() { return writer_->DoneWriting(); }
  Status Close() { return writer_->Close(); }

 private:
  static std::shared_ptr<arrow::Buffer> Note(const std::string& text) {
    return arrow::Buffer::FromString(text);
  }

  std::unique_ptr<arrow::flight::FlightStreamWriter> writer_;
  std::unique_ptr<arrow::flight::FlightMetadataReader> reader_;
};

class PutSessionTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const Status served = door_.Serve();
    ASSERT_TRUE(served.ok()) << served;
  }

  [[nodiscard]] int64_t Rows() const { return door_.Number("SELECT count(*) FROM trips"); }

  testing::TestServer door_;
};

constexpr char kEachBatch[] = R"({"stream_name": "trips", "commit": "batch"})";

TEST_F(PutSessionTest, AcknowledgesEachBatchOnceItIsThere) {
  Session session(door_, kEachBatch);
  for (int64_t i = 1; i <= 3; ++i) {
    ASSERT_TRUE(session.Write(i * 10, 10).ok());
    const Json acknowledged = session.Read();
    EXPECT_EQ(acknowledged["committed_rows"], i * 10) << acknowledged;
    EXPECT_EQ(acknowledged["committed_batches"], i);
    EXPECT_EQ(acknowledged["sequence"], i);
    EXPECT_EQ(acknowledged["duplicate"], false);
    EXPECT_EQ(Rows(), i * 10);
  }
  ASSERT_TRUE(session.DoneWriting().ok());
  const Json answer = session.Read();
  EXPECT_EQ(answer["status"], "success") << answer;
  EXPECT_EQ(answer["rows_processed"], 30);
  EXPECT_EQ(answer["batches"], 3);
  EXPECT_EQ(answer["commits"], 3);
  EXPECT_TRUE(session.Close().ok());
}

TEST_F(PutSessionTest, CommitsByRowsOrWhenItIsTold) {
  Session session(door_, R"({"stream_name": "trips", "commit": 25})");
  for (int64_t i = 0; i < 3; ++i) ASSERT_TRUE(session.Write(i * 10, 10).ok());
  EXPECT_EQ(session.Read()["committed_rows"], 30);
  ASSERT_TRUE(session.Write(30, 10).ok());
  ASSERT_TRUE(session.Say(R"({"commit": true})").ok());
  EXPECT_EQ(session.Read()["committed_rows"], 40);
  ASSERT_TRUE(session.Say(R"({"commit": true})").ok());  // There is nothing.
  ASSERT_TRUE(session.Write(40, 10).ok());
  ASSERT_TRUE(session.DoneWriting().ok());
  EXPECT_EQ(session.Read()["committed_rows"], 50);
  EXPECT_EQ(session.Read()["commits"], 3);
  EXPECT_TRUE(session.Close().ok());
  EXPECT_EQ(Rows(), 50);
}

TEST_F(PutSessionTest, ManyMayBeOnTheirWayAndAreAcknowledgedInOrder) {
  Session session(door_, R"({"stream_name": "trips", "producer": "p"})");
  for (int64_t i = 1; i <= 200; ++i) ASSERT_TRUE(session.Write(i, 1, i).ok());
  ASSERT_TRUE(session.DoneWriting().ok());
  for (int64_t i = 1; i <= 200; ++i) ASSERT_EQ(session.Read()["sequence"], i);
  EXPECT_TRUE(session.Close().ok());
  EXPECT_EQ(Rows(), 200);
}

TEST_F(PutSessionTest, LargeCommitsOfAProducerGoAmongSmallOnes) {
  Session session(door_, R"({"stream_name": "trips", "producer": "p", "sequence": 1,
                             "commit": "batch"})");
  int64_t rows = 0;
  for (const int64_t more : {int64_t{10}, int64_t{10}, kLargeRows, int64_t{10}, kLargeRows}) {
    ASSERT_TRUE(session.Write(rows, more).ok());
    rows += more;
  }
  ASSERT_TRUE(session.DoneWriting().ok());
  for (int64_t i = 1; i <= 5; ++i) ASSERT_EQ(session.Read()["sequence"], i);
  const Status closed = session.Close();
  EXPECT_TRUE(closed.ok()) << closed;
  EXPECT_EQ(Rows(), rows);
}

TEST_F(PutSessionTest, WhatHasLandedBeforeIsADuplicate) {
  const std::string command = R"({"stream_name": "trips", "producer": "p"})";
  Session first(door_, command);
  ASSERT_TRUE(first.Write(0, 10, 1).ok());
  ASSERT_TRUE(first.Write(10, 10, 2).ok());
  ASSERT_TRUE(first.Close().ok());
  Session again(door_, command);
  ASSERT_TRUE(again.Write(10, 10, 2).ok());
  EXPECT_EQ(again.Read()["duplicate"], true);
  ASSERT_TRUE(again.Write(20, 10, 3).ok());
  EXPECT_EQ(again.Read()["duplicate"], false);
  EXPECT_TRUE(again.Close().ok());
  EXPECT_EQ(Rows(), 30);
}

TEST_F(PutSessionTest, AGapEndsTheCallAndWhatLandedIsAcknowledged) {
  Session session(door_, R"({"stream_name": "trips", "producer": "p"})");
  ASSERT_TRUE(session.Write(0, 10, 1).ok());
  ASSERT_TRUE(session.Write(10, 10, 3).ok());
  EXPECT_EQ(session.Read()["sequence"], 1);
  const Json failed = session.Read();
  EXPECT_EQ(failed["status"], "failed") << failed;
  EXPECT_EQ(failed["error"], "conflict");
  EXPECT_THAT(failed["message"].get<std::string>(), HasSubstr("expected is 2"));
  const Status closed = session.Close();
  EXPECT_THAT(closed.message(), HasSubstr("expected is 2"));
  EXPECT_EQ(Rows(), 10);
}

TEST_F(PutSessionTest, ASequenceNeedsAProducerAndAProducerASequence) {
  Session without_producer(door_, kEachBatch);
  ASSERT_TRUE(without_producer.Write(0, 10, 1).ok());
  EXPECT_THAT(without_producer.Close().message(), HasSubstr("\"producer\""));
  Session without_sequence(door_, R"({"stream_name": "trips", "producer": "p"})");
  ASSERT_TRUE(without_sequence.Write(0, 10).ok());
  EXPECT_THAT(without_sequence.Close().message(), HasSubstr("batch 0 has no \"sequence\""));
  EXPECT_FALSE(door_.HasTable("trips"));
}

TEST_F(PutSessionTest, AnAbortTakesBackWhatIsNotCommitted) {
  Session session(door_, R"({"stream_name": "trips", "commit": 20})");
  for (int64_t i = 0; i < 3; ++i) ASSERT_TRUE(session.Write(i * 10, 10).ok());
  EXPECT_EQ(session.Read()["committed_rows"], 20);
  ASSERT_TRUE(session.Say(R"({"abort": "enough"})").ok());
  EXPECT_THAT(session.Close().message(), HasSubstr("enough"));
  EXPECT_EQ(Rows(), 20);
}

TEST_F(PutSessionTest, AClientThatNeverReadsIsTakenFrom) {
  Session session(door_, kEachBatch);
  for (int64_t i = 0; i < 20'000; ++i) ASSERT_TRUE(session.Write(i, 1).ok());
  const Status closed = session.Close();
  EXPECT_TRUE(closed.ok()) << closed;
  EXPECT_EQ(Rows(), 20'000);
}

TEST_F(PutSessionTest, AClientThatNeverReadsLearnsOfAFailure) {
  Session session(door_, R"({"stream_name": "trips", "producer": "p"})");
  int64_t sequence = 0;
  for (; sequence < 20'000; ++sequence) {
    ASSERT_TRUE(session.Write(sequence, 1, sequence + 1).ok());
  }
  ++sequence;
  // From here on each is behind a gap. It may well be a moment until the server says so.
  while (session.Write(0, 1, ++sequence).ok()) continue;
  EXPECT_FALSE(session.Close().ok());
  EXPECT_TRUE(door_.IsIdleWithinASecond());
  EXPECT_EQ(Rows(), 20'000);
}

TEST_F(PutSessionTest, IdlesAsLongAsAllIsCommitted) {
  ASSERT_TRUE(door_.Serve({.put_idle_max = std::chrono::milliseconds(200)}).ok());
  Session session(door_, R"({"stream_name": "trips", "commit": 10})");
  ASSERT_TRUE(session.Write(0, 10).ok());
  EXPECT_EQ(session.Read()["committed_rows"], 10);
  // A put of one transaction that is idle for too long loses its connection meanwhile.
  const auto location = *arrow::flight::Location::ForGrpcTcp("127.0.0.1", door_.server->port());
  const auto client = *arrow::flight::FlightClient::Connect(location);
  Session other(*client, R"({"stream_name": "other"})");
  ASSERT_TRUE(other.Write(0, 10).ok());
  EXPECT_TRUE(other.Read().empty());
  ASSERT_TRUE(session.Write(10, 10).ok());
  EXPECT_EQ(session.Read()["committed_rows"], 20);
  // With rows that wait for their commit it may not.
  ASSERT_TRUE(session.Write(20, 5).ok());
  EXPECT_TRUE(session.Read().empty());
  EXPECT_FALSE(session.Close().ok());
}

TEST_F(PutSessionTest, AStreamWithoutBatchesMakesTheTable) {
  Session session(door_, kEachBatch);
  EXPECT_TRUE(session.Close().ok());
  EXPECT_EQ(Rows(), 0);
}

}  // namespace
}  // namespace arrowport::flight
