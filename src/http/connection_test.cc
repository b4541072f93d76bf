
#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/test_server.h"

namespace arrowport::http {
namespace {

using testing::HasSubstr;

TEST(ConnectionTest, ServesOneRequestAfterTheOther) {
  TestServer server;
  TestClient client(server);
  for (int i = 0; i < 3; ++i) {
    const auto answer = client.Call("GET", "/healthz");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.fields.at("connection"), "keep-alive");
  }
}

TEST(ConnectionTest, ServesRequestsThatAreSentAtOnce) {
  TestServer server;
  TestClient client(server);
  client.Send(TestClient::Head("GET", "/version", 0) +
              TestClient::Head("POST", "/query?format=csv", 13) + "SELECT 7 AS a" +
              TestClient::Head("GET", "/healthz", 0));
  EXPECT_THAT(client.Receive().body, HasSubstr("duckdb"));
  EXPECT_EQ(client.Receive().body, "a\n7\n");
  EXPECT_THAT(client.Receive().body, HasSubstr("ok"));
}

TEST(ConnectionTest, ClosesWhenTheClientAsksForIt) {
  TestServer server;
  TestClient client(server);
  const auto answer = client.Call("GET", "/healthz", "", "Connection: close\r\n");
  EXPECT_EQ(answer.fields.at("connection"), "close");
  EXPECT_TRUE(client.SeesEnd());
}

TEST(ConnectionTest, AnswersHeadWithoutABody) {
  TestServer server;
  TestClient client(server);
  const auto answer = client.Call("HEAD", "/version");
  EXPECT_EQ(answer.status, 200);
  EXPECT_NE(answer.fields.at("content-length"), "0");
  EXPECT_EQ(client.Call("GET", "/healthz").status, 200);
}

TEST(ConnectionTest, NamesTheMethodsOfAPath) {
  TestServer server;
  TestClient client(server);
  const auto answer = client.Call("DELETE", "/tables/x");
  EXPECT_EQ(answer.status, 405);
  EXPECT_EQ(answer.fields.at("allow"), "GET, HEAD");
  EXPECT_EQ(client.Call("GET", "/nothing").status, 404);
}

TEST(ConnectionTest, KeepsASaneRequestIdAndReplacesOthers) {
  TestServer server;
  TestClient client(server);
  EXPECT_EQ(client.Call("GET", "/healthz", "", "X-Request-Id: a-1\r\n").fields.at("x-request-id"),
            "a-1");
  const auto answer = client.Call("GET", "/nothing", "", "X-Request-Id: a b\"\r\n");
  EXPECT_EQ(answer.fields.at("x-request-id").size(), 32U);
  EXPECT_EQ(answer.json()["request_id"], answer.fields.at("x-request-id"));
}

TEST(ConnectionTest, RefusesWhatIsNotHttp) {
  TestServer server;
  for (const char* text :
       {"hello\r\n\r\n", "GET / HTTP/3.0\r\n\r\n", "GET /\r\n\r\n", "\x16\x03\x01\x02",
        "GET / HTTP/1.1\r\nHost: a\r\nbad header\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET * HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX-Arrowport-Timeout-Ms: soon\r\n\r\n"}) {
    TestClient client(server);
    client.Send(text);
    const auto answer = client.Receive();
    EXPECT_EQ(answer.status, 400) << text;
    EXPECT_EQ(answer.fields.at("content-type"), "application/problem+json") << text;
  }
}

TEST(ConnectionTest, RefusesTransferCodingsThatItDoesNotKnow) {
  TestServer server;
  TestClient client(server);
  const auto answer = client.Call("POST", "/query", "", "Transfer-Encoding: gzip, chunked\r\n");
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.fields.at("connection"), "close");
  EXPECT_TRUE(client.SeesEnd());
}

TEST(ConnectionTest, RefusesAHeaderThatIsTooLarge) {
  TestServer server({.header_bytes_max = 8'192});
  {
    TestClient client(server);
    const std::string field = "X-Long: " + std::string(8'192, 'x') + "\r\n";
    EXPECT_EQ(client.Call("GET", "/healthz", "", field).status, 413);
  }
  {
    TestClient client(server);
    client.Send("GET /healthz HTTP/1.1\r\nHost: a\r\n");
    for (int i = 0; i < 10'000; ++i) {
      if (!client.Send("X-Some: field\r\n")) break;
    }
    const auto answer = client.Receive();
    EXPECT_EQ(answer.status, 413);
    EXPECT_THAT(answer.body, HasSubstr("header_bytes_max"));
  }
}

TEST(ConnectionTest, RefusesAHeaderThatDoesNotEnd) {
  TestServer server({.header_timeout = std::chrono::milliseconds(50)});
  TestClient client(server);
  client.Send("GET /healthz HTTP/1.1\r\nHo");
  EXPECT_EQ(client.Receive().status, 408);
  EXPECT_TRUE(client.SeesEnd());
}

TEST(ConnectionTest, ClosesWithoutAWordWhenNothingIsAsked) {
  TestServer server({.header_timeout = std::chrono::milliseconds(50),
                     .idle_timeout = std::chrono::milliseconds(100)});
  TestClient silent(server);
  EXPECT_TRUE(silent.SeesEnd());
  TestClient idle(server);
  EXPECT_EQ(idle.Call("GET", "/healthz").status, 200);
  EXPECT_TRUE(idle.SeesEnd());
}

TEST(ConnectionTest, RefusesPostsOfPagesFromElsewhere) {
  TestServer server;
  TestClient client(server);
  EXPECT_EQ(client.Call("POST", "/query", "SELECT 1", "Origin: http://evil.example\r\n").status,
            403);
  EXPECT_EQ(client.Call("POST", "/query", "SELECT 1", "Origin: http://test\r\n").status, 200);
  EXPECT_EQ(client.Call("GET", "/tables", "", "Origin: http://evil.example\r\n").status, 200);
}

TEST(ConnectionTest, LetsPagesFromElsewhereLinkButNotLoad) {
  TestServer server;
  TestClient client(server);
  const auto get = [&client](const std::string& site, const std::string& mode,
                             const std::string& destination) {
    const std::string fields = "Sec-Fetch-Site: " + site + "\r\nSec-Fetch-Mode: " + mode +
                               "\r\nSec-Fetch-Dest: " + destination + "\r\n";
    return client.Call("GET", "/query?sql=SELECT+1", "", fields).status;
  };
  EXPECT_EQ(get("cross-site", "no-cors", "image"), 403);
  EXPECT_EQ(get("same-site", "cors", "empty"), 403);
  EXPECT_EQ(get("cross-site", "navigate", "iframe"), 403);
  EXPECT_EQ(get("cross-site", "navigate", "document"), 200);
  EXPECT_EQ(get("none", "navigate", "document"), 200);
  EXPECT_EQ(get("same-origin", "cors", "empty"), 200);
}

TEST(ConnectionTest, CountsWhatItAnswered) {
  TestServer server;
  TestClient client(server);
  client.Call("POST", "/query", "SELECT 1");
  client.Call("GET", "/tables/missing");
  const std::string page = client.Call("GET", "/metrics").body;
  EXPECT_THAT(page, HasSubstr(R"(outcome="ok",protocol="rest",verb="query")"));
  EXPECT_THAT(page, HasSubstr(R"(outcome="not-found",protocol="rest",verb="describe_table")"));
  EXPECT_THAT(page, HasSubstr(R"(arrowport_active_connections{protocol="rest"} 1)"));
}

TEST(ConnectionTest, ShowsTablesAndStreams) {
  TestServer server;
  TestClient client(server);
  client.Call("POST", "/ingest/trips", IpcStream({CountingBatch(0, 3)}));
  const auto table = client.Call("GET", "/tables/trips").json();
  EXPECT_EQ(table["rows"], 3);
  EXPECT_EQ(table["columns"][0]["name"], "id");
  EXPECT_EQ(table["columns"][0]["type"], "int64");
  EXPECT_EQ(client.Call("GET", "/tables").json()["tables"].size(), 1U);
  const auto streams = client.Call("GET", "/streams").json()["streams"];
  ASSERT_EQ(streams.size(), 1U);
  EXPECT_EQ(streams[0]["stream"], "trips");
  EXPECT_EQ(streams[0]["rows"], 3);
  EXPECT_THAT(client.Call("GET", "/").body, HasSubstr("POST   /ingest/{stream}"));
}

}  // namespace
}  // namespace arrowport::http
