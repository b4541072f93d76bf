
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <future>
#include <ios>
#include <memory>
#include <numeric>
#include <optional>
#include <sstream>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "client/client.h"
#include "client/test_http_server.h"
#include "client/test_rows.h"
#include "stream/ipc_decoder.h"

namespace arrowport::client {
namespace {

using testing::CountRows;
using testing::EncodeRows;
using ::testing::HasSubstr;
using testing::MakeRows;
using ::testing::StartsWith;
using testing::TestHttpPeer;
using testing::TestHttpServer;
using testing::TestReader;

constexpr char kPutAnswer[] =
    R"({"status": "success", "stream": "trips", "table": "t", "rows_processed": 3, "batches": 2,
        "bytes": 24, "seconds": 0.5})";
constexpr char kConflict[] =
    R"({"type": "urn:arrowport:problem:conflict", "title": "It does not fit", "status": 409,
        "detail": "column 'fare' is string"})";
constexpr char kArrowHead[] =
    "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.apache.arrow.stream\r\n"
    "Transfer-Encoding: chunked\r\n\r\n";

std::unique_ptr<Client> Connect(const TestHttpServer& server, const ClientOptions& options = {}) {
  auto client = Client::Connect(server.url(), options);
  EXPECT_TRUE(client.ok()) << client.status();
  return client.ok() ? std::move(*client) : nullptr;
}

// The rows of each batch in an Arrow stream.
std::vector<int64_t> BatchRows(std::string_view bytes) {
  stream::IpcDecoder decoder({});
  std::vector<int64_t> rows;
  while (!bytes.empty()) {
    const auto space = *decoder.Prepare();
    const size_t taken = std::min(space.size(), bytes.size());
    if (taken == 0) break;
    std::memcpy(space.data(), bytes.data(), taken);
    bytes.remove_prefix(taken);
    EXPECT_TRUE(decoder.Commit(taken).ok());
    while (auto batch = decoder.TakeBatch()) rows.push_back(batch->num_rows());
  }
  EXPECT_TRUE(decoder.Finish().ok());
  return rows;
}

// Answers every request with the parts of an answer, and closes.
TestHttpServer ServerThatSays(std::vector<std::string> parts) {
  return TestHttpServer([parts = std::move(parts)](TestHttpPeer& peer) {
    TestHttpPeer::Request request;
    if (!peer.ReadRequest(&request)) return;
    for (const std::string& part : parts) peer.Write(part);
  });
}

TEST(HttpPutTest, SendsAnArrowStreamAndReadsTheAnswer) {
  TestHttpPeer::Request request;
  TestHttpServer server([&](TestHttpPeer& peer) {
    if (!peer.ReadRequest(&request)) return;
    peer.WriteAnswer(200, "application/json", kPutAnswer);
  });
  auto client = Connect(server);
  TestReader batches({MakeRows(0, 2), MakeRows(2, 1)});
  std::vector<int64_t> progress;
  const auto answer =
      client->Put("a trip/ä", batches, [&](int64_t rows, int64_t) { progress.push_back(rows); });
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->stream, "trips");
  EXPECT_EQ(answer->table, "t");
  EXPECT_EQ(answer->rows, 3);
  EXPECT_EQ(answer->batches, 2);
  EXPECT_EQ(answer->bytes, 24);
  EXPECT_EQ(answer->seconds, 0.5);
  EXPECT_THAT(progress, ::testing::ElementsAre(2, 3));
  EXPECT_EQ(request.target(), "/ingest/a%20trip%2F%C3%A4");
  EXPECT_EQ(request["Content-Type"], "application/vnd.apache.arrow.stream");
  EXPECT_THAT(BatchRows(request.body()), ::testing::ElementsAre(2, 1));
}

TEST(HttpPutTest, SendsItsStampAndReadsWhetherItHadLanded) {
  TestHttpPeer::Request request;
  TestHttpServer server([&](TestHttpPeer& peer) {
    if (!peer.ReadRequest(&request)) return;
    peer.WriteAnswer(200, "application/json",
                     R"({"status": "success", "rows_processed": 2, "duplicate": true})");
  });
  auto client = Connect(server);
  TestReader batches({MakeRows(0, 2)});
  const auto answer =
      client->Put("trips", batches, {}, {.producer = "p-1", .sequence = 7, .epoch = 3});
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_TRUE(answer->duplicate);
  EXPECT_EQ(request["Arrowport-Producer"], "p-1");
  EXPECT_EQ(request["Arrowport-Sequence"], "7");
  EXPECT_EQ(request["Arrowport-Epoch"], "3");
}

TEST(HttpPutTest, RefusesAProducerThatCannotStandInAHeader) {
  TestHttpServer server([](TestHttpPeer& /*peer*/) {});
  auto client = Connect(server);
  TestReader batches({MakeRows(0, 2)});
  const auto answer =
      client->Put("trips", batches, {}, {.producer = "p\r\nHost: x", .sequence = 1});
  EXPECT_EQ(KindOf(answer.status()), ErrorKind::kInvalidInput) << answer.status();
}

TEST(HttpPutTest, TellsHowLongTheServerWantsToBeLeftAlone) {
  TestHttpServer server([](TestHttpPeer& peer) {
    TestHttpPeer::Request request;
    if (!peer.ReadRequest(&request)) return;
    peer.Write("HTTP/1.1 429 Said\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n");
  });
  auto client = Connect(server);
  TestReader batches({MakeRows(0, 2)});
  EXPECT_EQ(client->retry_after(), std::nullopt);
  const auto answer = client->Put("trips", batches, {});
  EXPECT_EQ(KindOf(answer.status()), ErrorKind::kOverloaded) << answer.status();
  EXPECT_EQ(client->retry_after(), std::chrono::seconds(7));
}

TEST(HttpPutTest, CutsLargeBatches) {
  TestHttpPeer::Request request;
  TestHttpServer server([&](TestHttpPeer& peer) {
    if (!peer.ReadRequest(&request)) return;
    peer.WriteAnswer(200, "application/json", kPutAnswer);
  });
  auto client = Connect(server);
  TestReader batches({MakeRows(0, 300'000), MakeRows(300'000, 5)});
  ASSERT_TRUE(client->Put("trips", batches, {}).ok());
  EXPECT_THAT(BatchRows(request.body()), ::testing::ElementsAre(122'880, 122'880, 54'240, 5));
}

TEST(HttpPutTest, TellsTheErrorThatIsAnsweredWhileItIsStillSending) {
  std::promise<void> done;
  TestHttpServer server([&](TestHttpPeer& peer) {
    peer.ReadHead();
    peer.WriteAnswer(409, "application/problem+json", kConflict);
    // Takes nothing more, so that the client's socket is full.
    done.get_future().wait();
  });
  auto client = Connect(server);
  TestReader batches(std::vector(100, MakeRows(0, 122'880)));
  const auto answer = client->Put("trips", batches, {});
  done.set_value();
  EXPECT_EQ(KindOf(answer.status()), ErrorKind::kConflict) << answer.status();
  EXPECT_EQ(answer.status().message(), server.url() + ": column 'fare' is string");
}

TEST(HttpPutTest, TellsTheErrorOfAServerThatHasClosedWithoutReadingTheRest) {
  TestHttpServer server([](TestHttpPeer& peer) {
    peer.ReadHead();
    peer.WriteAnswer(409, "application/problem+json", kConflict);
  });
  auto client = Connect(server);
  TestReader batches(std::vector(100, MakeRows(0, 122'880)));
  const auto answer = client->Put("trips", batches, {});
  EXPECT_EQ(KindOf(answer.status()), ErrorKind::kConflict) << answer.status();
}

TEST(HttpPutTest, TellsThatTheServerClosedWithoutAnAnswer) {
  TestHttpServer server([](TestHttpPeer& peer) { peer.ReadHead(); });
  auto client = Connect(server);
  TestReader batches(std::vector(100, MakeRows(0, 122'880)));
  const auto answer = client->Put("trips", batches, {});
  EXPECT_EQ(KindOf(answer.status()), ErrorKind::kUnavailable) << answer.status();
  EXPECT_THAT(answer.status().message(), StartsWith(server.url() + ": "));
}

TEST(HttpPutTest, BreaksTheBodyOffWhenItsBatchesFail) {
  std::promise<bool> was_whole;
  TestHttpServer server([&](TestHttpPeer& peer) {
    TestHttpPeer::Request request;
    was_whole.set_value(peer.ReadRequest(&request));
  });
  auto client = Connect(server);
  TestReader batches({MakeRows(0, 2)}, MakeError(ErrorKind::kInvalidInput, "the file is cut"));
  const auto answer = client->Put("trips", batches, {});
  EXPECT_EQ(answer.status().message(), "the file is cut");
  EXPECT_FALSE(was_whole.get_future().get());
}

TEST(HttpPutTest, GivesUpOnAServerThatTakesNothing) {
  std::promise<void> done;
  TestHttpServer server([&](TestHttpPeer& peer) {
    peer.ReadHead();
    done.get_future().wait();
  });
  auto client = Connect(server, {.idle_timeout = std::chrono::milliseconds(100)});
  TestReader batches(std::vector(100, MakeRows(0, 122'880)));
  const auto answer = client->Put("trips", batches, {});
  done.set_value();
  EXPECT_EQ(KindOf(answer.status()), ErrorKind::kDeadlineExceeded) << answer.status();
  EXPECT_THAT(answer.status().message(), HasSubstr("nothing moved for 100 ms"));
}

TEST(HttpQueryTest, SendsSqlAndParametersAsJson) {
  TestHttpPeer::Request request;
  TestHttpServer server([&](TestHttpPeer& peer) {
    if (!peer.ReadRequest(&request)) return;
    peer.WriteAnswer(200, "x", EncodeRows({MakeRows(0, 1)})[0]);
  });
  auto client = Connect(server);
  (void)client->Query({.sql = "SELECT \"a\"", .params_json = "[1, null]", .ordered = false});
  EXPECT_EQ(request.body(), R"({"ordered":false,"params":[1,null],"sql":"SELECT \"a\""})");
  EXPECT_EQ(request["Accept"], "application/vnd.apache.arrow.stream");
  EXPECT_EQ(KindOf(client->Query({.sql = "SELECT ?", .params_json = "1"}).status()),
            ErrorKind::kInvalidInput);
}

TEST(HttpQueryTest, ReadsRowsHoweverTheChunksAreCut) {
  const auto parts = EncodeRows({MakeRows(0, 100'000), MakeRows(100'000, 3), MakeRows(100'003, 9)});
  const std::string body = std::accumulate(parts.begin(), parts.end(), std::string());
  for (const size_t chunk_bytes : {size_t{7}, size_t{4096}, size_t{100'003}, body.size()}) {
    TestHttpServer server([&](TestHttpPeer& peer) {
      TestHttpPeer::Request request;
      if (!peer.ReadRequest(&request)) return;
      std::ostringstream answer;
      answer << kArrowHead << std::hex;
      for (size_t begin = 0; begin < body.size(); begin += chunk_bytes) {
        const std::string chunk = body.substr(begin, chunk_bytes);
        answer << chunk.size() << ";note=1\r\n" << chunk << "\r\n";
      }
      peer.Write(answer.str() + "0\r\nTrailer: 1\r\n\r\n");
    });
    auto client = Connect(server);
    auto reader = client->Query({.sql = "SELECT 1"});
    ASSERT_TRUE(reader.ok()) << reader.status();
    // Rows may be read when the client is gone.
    client.reset();
    const auto rows = CountRows(**reader);
    ASSERT_TRUE(rows.ok()) << chunk_bytes << ": " << rows.status();
    EXPECT_EQ(*rows, 100'012);
  }
}

TEST(HttpQueryTest, FailsWhenTheAnswerBreaksOff) {
  const auto parts = EncodeRows({MakeRows(0, 1000), MakeRows(1000, 1000)});
  TestHttpServer server([&](TestHttpPeer& peer) {
    TestHttpPeer::Request request;
    if (!peer.ReadRequest(&request)) return;
    peer.Write(kArrowHead);
    peer.WriteChunk(parts[0] + parts[1]);
  });
  auto client = Connect(server);
  auto reader = client->Query({.sql = "SELECT 1"});
  ASSERT_TRUE(reader.ok()) << reader.status();
  const auto rows = CountRows(**reader);
  EXPECT_EQ(KindOf(rows.status()), ErrorKind::kUnavailable) << rows.status();
  EXPECT_THAT(rows.status().message(), HasSubstr("broke off after"));
  // It stays failed: null would say that these were all rows.
  EXPECT_FALSE((*reader)->Next().ok());
}

TEST(HttpQueryTest, FailsWhenTheArrowStreamLacksItsEnd) {
  const auto parts = EncodeRows({MakeRows(0, 1000), MakeRows(1000, 1000)});
  TestHttpServer server = ServerThatSays({kArrowHead, "0\r\n\r\n"});
  TestHttpServer cut([&](TestHttpPeer& peer) {
    TestHttpPeer::Request request;
    if (!peer.ReadRequest(&request)) return;
    peer.Write(kArrowHead);
    peer.WriteChunk(parts[0] + parts[1]);
    peer.WriteChunk("");
  });
  EXPECT_FALSE(Connect(server)->Query({.sql = "SELECT 1"}).ok());
  auto reader = Connect(cut)->Query({.sql = "SELECT 1"});
  ASSERT_TRUE(reader.ok()) << reader.status();
  EXPECT_FALSE(CountRows(**reader).ok());
}

TEST(HttpQueryTest, EndsWhenItsStopIsRequestedWhileItWaitsForTheAnswer) {
  std::promise<void> asked;
  std::promise<void> left;
  TestHttpServer server([&](TestHttpPeer& peer) {
    TestHttpPeer::Request request;
    if (!peer.ReadRequest(&request)) return;
    asked.set_value();
    peer.WaitForClose();
    left.set_value();
  });
  auto client = Connect(server);
  std::stop_source stop;
  std::thread other([&] {
    asked.get_future().wait();
    stop.request_stop();
  });
  const Status ended = client->Query({.sql = "SELECT 1", .stop = stop.get_token()}).status();
  EXPECT_EQ(KindOf(ended), ErrorKind::kCancelled) << ended;
  left.get_future().wait();
  other.join();
}

TEST(HttpQueryTest, EndsWhenItsStopIsRequestedWhileItWaitsForRows) {
  const auto parts = EncodeRows({MakeRows(0, 1000)});
  TestHttpServer server([&](TestHttpPeer& peer) {
    TestHttpPeer::Request request;
    if (!peer.ReadRequest(&request)) return;
    peer.Write(kArrowHead);
    peer.WriteChunk(parts[0] + parts[1]);
    peer.WaitForClose();
  });
  auto client = Connect(server);
  std::stop_source stop;
  auto reader = client->Query({.sql = "SELECT 1", .stop = stop.get_token()});
  ASSERT_TRUE(reader.ok()) << reader.status();
  ASSERT_TRUE((*reader)->Next().ok());
  std::thread other([&] { stop.request_stop(); });
  const auto rows = CountRows(**reader);
  EXPECT_EQ(KindOf(rows.status()), ErrorKind::kCancelled) << rows.status();
  EXPECT_FALSE((*reader)->Next().ok());
  other.join();
}

TEST(HttpQueryTest, AStopAfterTheEndSpoilsNothing) {
  const auto parts = EncodeRows({MakeRows(0, 5)});
  TestHttpServer server([&](TestHttpPeer& peer) {
    TestHttpPeer::Request request;
    while (peer.ReadRequest(&request)) {
      peer.Write(kArrowHead);
      peer.WriteChunk(parts[0] + parts[1] + parts[2]);
      peer.WriteChunk("");
    }
  });
  auto client = Connect(server);
  for (int i = 0; i < 2; ++i) {
    std::stop_source stop;
    auto reader = client->Query({.sql = "SELECT 1", .stop = stop.get_token()});
    ASSERT_TRUE(reader.ok()) << reader.status();
    EXPECT_EQ(*CountRows(**reader), 5);
    stop.request_stop();
  }
  EXPECT_EQ(server.connections(), 1);
}

TEST(HttpQueryTest, TellsTheKindAndDetailOfAProblem) {
  TestHttpServer server([](TestHttpPeer& peer) {
    TestHttpPeer::Request request;
    if (!peer.ReadRequest(&request)) return;
    peer.WriteAnswer(409, "application/problem+json", kConflict);
  });
  auto client = Connect(server);
  const Status problem = client->Query({.sql = "SELECT 1"}).status();
  EXPECT_EQ(KindOf(problem), ErrorKind::kConflict);
  EXPECT_EQ(problem.message(), server.url() + ": column 'fare' is string");
}

TEST(HttpQueryTest, TellsWhatAProxyInBetweenSays) {
  TestHttpServer server([](TestHttpPeer& peer) {
    TestHttpPeer::Request request;
    if (!peer.ReadRequest(&request)) return;
    peer.WriteAnswer(503, "text/html", "<h1>Bad gateway</h1>");
  });
  const Status refused = Connect(server)->Query({.sql = "SELECT 1"}).status();
  EXPECT_EQ(KindOf(refused), ErrorKind::kUnavailable);
  EXPECT_EQ(refused.message(), server.url() + ": HTTP status 503: <h1>Bad gateway</h1>");
}

TEST(HttpClientTest, KeepsItsConnectionBetweenCalls) {
  TestHttpServer server([](TestHttpPeer& peer) {
    TestHttpPeer::Request request;
    for (int i = 0; i < 3 && peer.ReadRequest(&request); ++i) {
      peer.WriteAnswer(200, "application/json",
                       R"({"tables": [{"table": "t", "rows": 7}, {"table": "v", "rows": null}]})");
    }
  });
  auto client = Connect(server);
  for (int i = 0; i < 3; ++i) {
    const auto tables = client->ListTables();
    ASSERT_TRUE(tables.ok()) << tables.status();
    ASSERT_EQ(tables->size(), 2);
    EXPECT_EQ((*tables)[0].rows, 7);
    EXPECT_EQ((*tables)[1].rows, -1);
  }
  EXPECT_EQ(server.connections(), 1);
}

TEST(HttpClientTest, MakesANewConnectionWhenTheServerHasClosedTheOldOne) {
  TestHttpServer server([](TestHttpPeer& peer) {
    TestHttpPeer::Request request;
    if (peer.ReadRequest(&request)) peer.WriteAnswer(200, "application/json", "{}");
  });
  auto client = Connect(server);
  for (int i = 0; i < 3; ++i) {
    const Status healthy = client->CheckHealth();
    EXPECT_TRUE(healthy.ok()) << healthy;
    // The server closes right after its answer; the next connection is accepted after that.
    while (server.connections_closed() <= i) std::this_thread::yield();
  }
  EXPECT_EQ(server.connections(), 3);
}

TEST(HttpClientTest, ReadsTheListOfStreams) {
  TestHttpServer server([](TestHttpPeer& peer) {
    TestHttpPeer::Request request;
    if (!peer.ReadRequest(&request)) return;
    peer.WriteAnswer(200, "application/json",
                     R"({"streams": [{"stream": "s", "table": "t", "puts": 1, "rows": 2,
                                      "bytes": 3}]})");
    if (!peer.ReadRequest(&request)) return;
    peer.WriteAnswer(200, "application/json", "[]");
  });
  auto client = Connect(server);
  const auto streams = client->ListStreams();
  ASSERT_TRUE(streams.ok()) << streams.status();
  ASSERT_EQ(streams->size(), 1);
  EXPECT_EQ(streams->front().name, "s");
  EXPECT_EQ(streams->front().bytes, 3);
  EXPECT_THAT(client->ListStreams().status().message(), HasSubstr("is it an arrowport server?"));
}

TEST(HttpClientTest, SaysWhatToDoWhenNobodyListens) {
  std::string url;
  {
    TestHttpServer server([](TestHttpPeer&) {});
    url = server.url();
  }
  const Status refused = Client::Connect(url, {}).status();
  EXPECT_EQ(KindOf(refused), ErrorKind::kUnavailable);
  EXPECT_EQ(refused.message(),
            url + ": connection refused; is a server running there? arrowport serve starts one");
}

}  // namespace
}  // namespace arrowport::client
