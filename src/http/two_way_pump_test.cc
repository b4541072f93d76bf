#include "http/two_way_pump.h"

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/test_server.h"

namespace arrowport::http {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kArrow = "Content-Type: application/vnd.apache.arrow.stream\r\n";
constexpr std::string_view kDoubled = "/exchange?sql=SELECT%202*id%20AS%20id%20FROM%20input";

std::string Chunk(std::string_view bytes) {
  char size[20];
  std::snprintf(size, sizeof(size), "%zx\r\n", bytes.size());
  return size + std::string(bytes) + "\r\n";
}

// A request whose body comes in chunks.
std::string ChunkedHead(std::string_view target) {
  return TestClient::Head("POST", target, 0,
                          std::string(kArrow) + "Transfer-Encoding: chunked\r\n");
}

TEST(TwoWayPumpTest, AnswersWhatTheStatementMakesOfTheBody) {
  TestServer server;
  TestClient client(server);
  for (int i = 0; i < 3; ++i) {
    const auto answer =
        client.Call("POST", kDoubled, IpcStream({CountingBatch(0, 100'000)}), kArrow);
    ASSERT_EQ(answer.status, 200) << answer.body;
    EXPECT_TRUE(answer.complete);
    EXPECT_EQ(RowsOf(answer.body), 100'000);
    EXPECT_EQ(answer.fields.at("connection"), "keep-alive");
  }
}

TEST(TwoWayPumpTest, AnswersEachBatchBeforeTheNextOneComes) {
  TestServer server;
  TestClient client(server);
  client.Send(ChunkedHead("/exchange?name=my_streaming_exchanger&format=ndjson"));
  const std::string stream = IpcStream({CountingBatch(7, 1), CountingBatch(8, 1)});
  // The schema and both batches, without what ends the stream.
  client.Send(Chunk(stream.substr(0, stream.size() - 8)));
  std::string seen;
  while (seen.find("\"id\":8") == std::string::npos) seen += client.ReceiveBytes(1);
  EXPECT_THAT(seen, HasSubstr("200 OK"));
  EXPECT_THAT(seen, HasSubstr(R"({"id":7,"processed":true})"));
  client.Send(Chunk(stream.substr(stream.size() - 8)) + "0\r\n\r\n");
  while (seen.find("\r\n0\r\n\r\n") == std::string::npos) seen += client.ReceiveBytes(1);
  EXPECT_TRUE(server.BecomesIdle());
}

TEST(TwoWayPumpTest, TakesAnyFormatAndAnotherName) {
  TestServer server;
  TestClient client(server);
  const auto answer = client.Call(
      "POST", "/exchange?sql=SELECT%20sum(id)%20AS%20s%20FROM%20mine&as=mine&format=csv",
      IpcStream({CountingBatch(0, 11)}), kArrow);
  EXPECT_EQ(answer.body, "s\n55\n");
}

TEST(TwoWayPumpTest, TakesEverythingBeforeAnythingIsRead) {
  TestServer server;
  TestClient client(server);
  client.Send(ChunkedHead(kDoubled));
  const auto batch = CountingBatch(0, 1'000'000);
  const std::string stream = IpcStream({batch});
  const size_t schema_bytes = IpcStream({}).size() - 8;
  client.Send(Chunk(stream.substr(0, schema_bytes)));
  constexpr int kBatches = 30;  // Of 8 MB each.
  const std::string one = Chunk(stream.substr(schema_bytes, stream.size() - schema_bytes - 8));
  for (int i = 0; i < kBatches; ++i) ASSERT_TRUE(client.Send(one));
  client.Send(Chunk(stream.substr(stream.size() - 8)) + "0\r\n\r\n");
  const auto answer = client.Receive();
  ASSERT_EQ(answer.status, 200);
  EXPECT_TRUE(answer.complete);
  EXPECT_EQ(RowsOf(answer.body), kBatches * 1'000'000);
}

TEST(TwoWayPumpTest, BreaksAnAnswerOffWhenTheBodyBreaks) {
  TestServer server;
  TestClient client(server);
  client.Send(ChunkedHead("/exchange?name=my_streaming_exchanger&format=ndjson"));
  const std::string stream = IpcStream({CountingBatch(7, 1)});
  client.Send(Chunk(stream.substr(0, stream.size() - 8)));
  std::string seen;
  while (seen.find("\"id\":7") == std::string::npos) seen += client.ReceiveBytes(1);
  client.Send(Chunk("this is no Arrow, and long enough to be looked at"));
  const std::string rest = client.ReceiveBytes(1'000);
  EXPECT_EQ(rest.find("0\r\n\r\n"), std::string::npos) << rest;
  EXPECT_TRUE(server.BecomesIdle());
}

TEST(TwoWayPumpTest, TellsOfABodyThatBreaksBeforeTheAnswerHasBegun) {
  TestServer server;
  const std::string stream = IpcStream({CountingBatch(0, 100)});
  const std::string sum = "/exchange?sql=SELECT%20sum(id)%20FROM%20input";
  for (const std::string& body : {stream.substr(0, stream.size() - 8), stream + "more"}) {
    TestClient client(server);
    const auto answer = client.Call("POST", sum, body, kArrow);
    EXPECT_EQ(answer.status, 400) << answer.body;
  }
  TestClient client(server);
  EXPECT_EQ(client.Call("POST", sum, "no Arrow at all", kArrow).status, 415);
  TestClient csv(server);
  EXPECT_EQ(csv.Call("POST", sum, stream, "Content-Type: text/csv\r\n").status, 415);
  EXPECT_TRUE(server.BecomesIdle());
}

TEST(TwoWayPumpTest, TellsOfAStatementThatFails) {
  TestServer server;
  TestClient client(server);
  const auto answer = client.Call("POST", "/exchange?sql=SELECT%20error('seven')%20FROM%20input",
                                  IpcStream({CountingBatch(0, 1'000'000)}), kArrow);
  EXPECT_EQ(answer.status, 400);
  EXPECT_THAT(answer.body, HasSubstr("seven"));
  EXPECT_TRUE(server.BecomesIdle());
}

TEST(TwoWayPumpTest, RefusesWhatItCannotRun) {
  TestServer server;
  const std::string body = IpcStream({CountingBatch(0, 1)});
  const auto status = [&](std::string_view target) {
    TestClient client(server);
    return client.Call("POST", target, body, kArrow).status;
  };
  EXPECT_EQ(status("/exchange"), 400);
  EXPECT_EQ(status("/exchange?sql=SELECT%201"), 400);
  EXPECT_EQ(status("/exchange?sql=SELEC%201"), 400);
  EXPECT_EQ(status("/exchange?sql=FROM%20input&name=my_streaming_exchanger"), 400);
  EXPECT_EQ(status("/exchange?name=my_streaming_exchanger&as=x"), 400);
  EXPECT_EQ(status("/exchange?sql=FROM%20x&as="), 400);
  EXPECT_EQ(status("/exchange?name=none"), 404);
  EXPECT_EQ(status("/exchange?sql=FROM%20input&timeout_ms=x"), 400);
}

TEST(TwoWayPumpTest, DropsTheRestOfABodyThatIsNotNeeded) {
  TestServer server;
  TestClient client(server);
  const auto answer =
      client.Call("POST", "/exchange?sql=FROM%20input%20LIMIT%205",
                  IpcStream({CountingBatch(0, 1'000), CountingBatch(0, 2'000'000)}), kArrow);
  EXPECT_EQ(RowsOf(answer.body), 5);
  // The connection is at the next request.
  EXPECT_EQ(client.Call("GET", "/version").status, 200);
}

TEST(TwoWayPumpTest, EndsWhenItsClientLeaves) {
  TestServer server;
  {
    TestClient client(server);
    client.Send(ChunkedHead("/exchange?name=my_streaming_exchanger&format=ndjson"));
    const std::string stream = IpcStream({CountingBatch(7, 1)});
    client.Send(Chunk(stream.substr(0, stream.size() - 8)));
    std::string seen;
    while (seen.find("\"id\":7") == std::string::npos) seen += client.ReceiveBytes(1);
    EXPECT_EQ(server.counters().running_queries, 1);
  }
  EXPECT_TRUE(server.BecomesIdle());
}

TEST(TwoWayPumpTest, EndsAtItsDeadline) {
  TestServer server;
  TestClient client(server);
  client.Send(ChunkedHead("/exchange?sql=SELECT%20sum(id)%20FROM%20input&timeout_ms=100"));
  const std::string stream = IpcStream({CountingBatch(7, 1)});
  client.Send(Chunk(stream.substr(0, stream.size() - 8)));
  EXPECT_EQ(client.Receive().status, 504);
  EXPECT_TRUE(server.BecomesIdle());
}

TEST(TwoWayPumpTest, EndsAClientThatNeitherSendsNorReads) {
  HttpOptions options;
  options.body_idle_timeout = std::chrono::milliseconds(200);
  TestServer server(options);
  TestClient client(server);
  client.Send(ChunkedHead("/exchange?sql=SELECT%20sum(id)%20FROM%20input"));
  const std::string stream = IpcStream({CountingBatch(7, 1)});
  client.Send(Chunk(stream.substr(0, stream.size() - 8)));
  EXPECT_EQ(client.Receive().status, 408);
  EXPECT_TRUE(server.BecomesIdle());
}

TEST(TwoWayPumpTest, KeepsExchangersByName) {
  TestServer server;
  TestClient client(server);
  const auto put = client.Call("PUT", "/exchangers/tens", "SELECT 10 * id AS id FROM input");
  EXPECT_EQ(put.status, 200) << put.body;
  EXPECT_EQ(put.json()["version"], 1);
  const auto answer = client.Call("POST", "/exchange?name=tens&format=csv",
                                  IpcStream({CountingBatch(1, 2)}), kArrow);
  EXPECT_EQ(answer.body, "id\n10\n20\n");
  EXPECT_EQ(client.Call("GET", "/exchangers").json()["exchangers"].size(), 2U);
  EXPECT_EQ(client.Call("GET", "/exchangers/tens").json()["origin"], "stored");
  EXPECT_EQ(client.Call("DELETE", "/exchangers/tens").status, 204);
  EXPECT_EQ(client.Call("GET", "/exchangers/tens").status, 404);
  EXPECT_EQ(client.Call("DELETE", "/exchangers/my_streaming_exchanger").status, 409);
  EXPECT_EQ(client.Call("PUT", "/exchangers/x", "SELECT 1").status, 400);
}

}  // namespace
}  // namespace arrowport::http
