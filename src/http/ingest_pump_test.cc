
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/memory_pool.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.h"
#include "http/test_server.h"
#include "service/service.h"

namespace arrowport::http {
namespace {

using testing::HasSubstr;

constexpr std::string_view kArrow = "Content-Type: application/vnd.apache.arrow.stream\r\n";

std::string InChunks(std::string_view bytes, size_t chunk_bytes) {
  std::string chunks;
  while (!bytes.empty()) {
    const std::string_view chunk = bytes.substr(0, chunk_bytes);
    char size[20];
    std::snprintf(size, sizeof(size), "%zx;x=y\r\n", chunk.size());
    chunks += size + std::string(chunk) + "\r\n";
    bytes.remove_prefix(chunk.size());
  }
  return chunks + "0\r\n\r\n";
}

TEST(IngestPumpTest, LandsABodyWithLength) {
  TestServer server;
  TestClient client(server);
  const auto answer =
      client.Call("POST", "/ingest/t",
                  IpcStream({CountingBatch(0, 100'000), CountingBatch(100'000, 5)}), kArrow);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.json()["status"], "success");
  EXPECT_EQ(answer.json()["stream"], "t");
  EXPECT_EQ(answer.json()["table"], "t");
  EXPECT_EQ(answer.json()["rows_processed"], 100'005);
  EXPECT_EQ(answer.json()["batches"], 2);
  EXPECT_GE(answer.json()["bytes"], 800'040);
  EXPECT_GT(answer.json()["seconds"], 0);
  EXPECT_EQ(server.Number("SELECT sum(id)::BIGINT FROM t"), 100'005LL * 100'004 / 2);
}

TEST(IngestPumpTest, LandsChunksOfAnySize) {
  TestServer server;
  const std::string body = IpcStream({CountingBatch(0, 3'000), CountingBatch(3'000, 1)});
  for (const size_t chunk_bytes : {1UL, 7UL, 100UL, 4'096UL, 1'000'000UL}) {
    TestClient client(server);
    client.Send(TestClient::Head("POST", "/ingest/t", 0, "Transfer-Encoding: chunked\r\n"));
    client.Send(InChunks(body, chunk_bytes));
    const auto answer = client.Receive();
    EXPECT_EQ(answer.status, 200) << chunk_bytes << answer.body;
    EXPECT_EQ(answer.fields.at("connection"), "keep-alive");
  }
  EXPECT_EQ(server.Number("SELECT count(*) FROM t"), 5 * 3'001);
}

TEST(IngestPumpTest, LandsManySmallBatches) {
  TestServer server;
  TestClient client(server);
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
  batches.reserve(5'000);
  for (int64_t i = 0; i < 5'000; ++i) batches.push_back(CountingBatch(i, 1));
  EXPECT_EQ(client.Call("POST", "/ingest/t", IpcStream(batches)).status, 200);
  EXPECT_EQ(server.Number("SELECT count(*) FROM t"), 5'000);
}

TEST(IngestPumpTest, MakesTheTableOfAStreamWithoutBatches) {
  TestServer server;
  TestClient client(server);
  const auto answer = client.Call("POST", "/ingest/t", IpcStream({}));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.json()["rows_processed"], 0);
  EXPECT_EQ(server.Number("SELECT count(*) FROM t"), 0);
}

TEST(IngestPumpTest, LandsNothingWhenTheClientLeavesHalfway) {
  TestServer server;
  const std::string body = IpcStream({CountingBatch(0, 100'000), CountingBatch(0, 100'000)});
  {
    TestClient client(server);
    client.Send(TestClient::Head("POST", "/ingest/t", body.size()));
    client.Send(std::string_view(body).substr(0, body.size() - 100));
    EXPECT_TRUE(TestServer::Becomes([&] { return server.running_puts() == 1; }));
  }
  EXPECT_TRUE(server.BecomesIdle());
  EXPECT_EQ(server.Number("SELECT count(*) FROM t"), -1);
}

TEST(IngestPumpTest, LandsNothingOfAStreamThatIsCutShort) {
  TestServer server;
  TestClient client(server);
  std::string body = IpcStream({CountingBatch(0, 1'000)});
  body.resize(body.size() - 8);
  const auto answer = client.Call("POST", "/ingest/t", body);
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.json()["type"], "urn:arrowport:problem:invalid-input");
  EXPECT_EQ(answer.json()["instance"], "/ingest/t");
  EXPECT_EQ(server.Number("SELECT count(*) FROM t"), -1);
  EXPECT_EQ(client.Call("GET", "/healthz").status, 200);
}

TEST(IngestPumpTest, RefusesASecondStreamBehindTheFirst) {
  TestServer server;
  TestClient client(server);
  const std::string body = IpcStream({CountingBatch(0, 10)});
  const auto answer = client.Call("POST", "/ingest/t", body + body);
  EXPECT_EQ(answer.status, 400);
  EXPECT_THAT(answer.json()["detail"], HasSubstr("one stream a request"));
  EXPECT_EQ(server.Number("SELECT count(*) FROM t"), -1);
}

TEST(IngestPumpTest, RefusesWhatIsNoArrowStream) {
  TestServer server;
  TestClient client(server);
  EXPECT_EQ(client.Call("POST", "/ingest/t", "id,name\n1,a\n").status, 415);
  TestClient other(server);
  EXPECT_EQ(other.Call("POST", "/ingest/t").status, 400);
}

TEST(IngestPumpTest, LetsTheClientReadTheRefusalOfALargeBody) {
  TestServer server;
  TestClient client(server);
  const std::string body(8'000'000, 'x');
  client.Send(TestClient::Head("POST", "/ingest/t", body.size()));
  client.Send(body);
  const auto answer = client.Receive();
  EXPECT_EQ(answer.status, 415);
  EXPECT_EQ(answer.fields.at("connection"), "close");
}

TEST(IngestPumpTest, RefusesTypesAndCodingsThatItCannotRead) {
  TestServer server;
  const std::string body = IpcStream({CountingBatch(0, 1)});
  for (const char* field : {"Content-Type: application/xml\r\n", "Content-Encoding: br\r\n"}) {
    TestClient client(server);
    EXPECT_EQ(client.Call("POST", "/ingest/t", body, field).status, 415) << field;
  }
  for (const char* field :
       {"Content-Type: application/x-www-form-urlencoded\r\n", "Content-Encoding: identity\r\n",
        "Content-Type: application/octet-stream\r\n"}) {
    TestClient client(server);
    EXPECT_EQ(client.Call("POST", "/ingest/t", body, field).status, 200) << field;
  }
}

TEST(IngestPumpTest, TellsAClientThatWaitsToGoOn) {
  TestServer server;
  TestClient client(server);
  const std::string body = IpcStream({CountingBatch(0, 10)});
  client.Send(TestClient::Head("POST", "/ingest/t", body.size(), "Expect: 100-continue\r\n"));
  EXPECT_EQ(client.ReceiveBytes(25), "HTTP/1.1 100 Continue\r\n\r\n");
  client.Send(body);
  EXPECT_EQ(client.Receive().status, 200);
}

TEST(IngestPumpTest, RefusesBeforeTheBodyOfAClientThatWaits) {
  TestServer server({.body_bytes_max = 1'000});
  TestClient client(server);
  client.Send(TestClient::Head("POST", "/ingest/t", 1'001, "Expect: 100-continue\r\n"));
  const auto answer = client.Receive();
  EXPECT_EQ(answer.status, 413);
  EXPECT_THAT(answer.json()["detail"], HasSubstr("body_bytes_max"));
  EXPECT_TRUE(client.SeesEnd());
}

TEST(IngestPumpTest, RefusesABodyThatGrowsOverTheLimit) {
  TestServer server({.body_bytes_max = 1'000});
  TestClient client(server);
  client.Send(TestClient::Head("POST", "/ingest/t", 0, "Transfer-Encoding: chunked\r\n"));
  client.Send(InChunks(IpcStream({CountingBatch(0, 1'000)}), 500));
  EXPECT_EQ(client.Receive().status, 413);
  EXPECT_EQ(server.Number("SELECT count(*) FROM t"), -1);
}

TEST(IngestPumpTest, RefusesABodyThatStops) {
  TestServer server({.body_idle_timeout = std::chrono::milliseconds(50)});
  TestClient client(server);
  const std::string body = IpcStream({CountingBatch(0, 1'000)});
  client.Send(TestClient::Head("POST", "/ingest/t", body.size()));
  client.Send(std::string_view(body).substr(0, body.size() / 2));
  const auto answer = client.Receive();
  EXPECT_EQ(answer.status, 408);
  EXPECT_EQ(answer.json()["type"], "urn:arrowport:problem:request-timeout");
  EXPECT_TRUE(server.BecomesIdle());
  EXPECT_EQ(server.Number("SELECT count(*) FROM t"), -1);
}

TEST(IngestPumpTest, RefusesChunksThatMakeNoSense) {
  TestServer server;
  TestClient client(server);
  client.Send(TestClient::Head("POST", "/ingest/t", 0, "Transfer-Encoding: chunked\r\n"));
  client.Send("zz\r\n");
  EXPECT_EQ(client.Receive().status, 400);
}

TEST(IngestPumpTest, EndsWithTheCallsTime) {
  TestServer server;
  TestClient client(server);
  const std::string body = IpcStream({CountingBatch(0, 1'000)});
  client.Send(TestClient::Head("POST", "/ingest/t", body.size(), "X-Arrowport-Timeout-Ms: 50\r\n"));
  client.Send(std::string_view(body).substr(0, body.size() - 1));
  EXPECT_EQ(client.Receive().status, 504);
  EXPECT_TRUE(server.BecomesIdle());
  EXPECT_EQ(server.Number("SELECT count(*) FROM t"), -1);
}

// How much memory for rows was asked for since the program started.
int64_t BytesEverAllocated() { return arrow::default_memory_pool()->total_bytes_allocated(); }

TEST(IngestPumpTest, HoldsNoRowsOfAPutThatWaitsForRoom) {
  service::ServiceOptions options;
  options.ingest.bytes_max = kMiB;  // Of it half for small puts.
  options.ingest.wait_max = std::chrono::milliseconds(50);
  TestServer server({}, options);
  const std::string body = IpcStream({CountingBatch(0, 50'000)});

  const int64_t before_one = BytesEverAllocated();
  TestClient first(server);
  first.Send(TestClient::Head("POST", "/ingest/t", body.size(), kArrow));
  first.Send(std::string_view(body).substr(0, body.size() - 1));
  ASSERT_TRUE(TestServer::Becomes([&] { return BytesEverAllocated() - before_one >= 400'000; }));

  const int64_t before_other = BytesEverAllocated();
  TestClient second(server);
  const auto refused = second.Call("POST", "/ingest/t", body, kArrow);
  EXPECT_EQ(refused.status, 429) << refused.body;
  EXPECT_LT(BytesEverAllocated() - before_other, 40'000);

  first.Send(std::string_view(body).substr(body.size() - 1));
  EXPECT_EQ(first.Receive().status, 200);
  EXPECT_EQ(server.Number("SELECT count(*) FROM t"), 50'000);
}

TEST(IngestPumpTest, TellsTheRowsOfATableThatDoNotFit) {
  TestServer server;
  ASSERT_EQ(server.Number("CREATE TABLE t(other VARCHAR)"), -1);
  TestClient client(server);
  const auto answer = client.Call("POST", "/ingest/t", IpcStream({CountingBatch(0, 10)}));
  EXPECT_GE(answer.status, 400);
  EXPECT_LT(answer.status, 500) << answer.body;
}

}  // namespace
}  // namespace arrowport::http
