#include "http/server.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/call_control.h"
#include "base/error.h"
#include "http/test_server.h"
#include "observe/metrics.h"

namespace arrowport::http {
namespace {

using testing::HasSubstr;

constexpr std::string_view kLong = "SELECT range AS id FROM range(100000000)";

TEST(ServerTest, NamesHostAndPortWhenItCannotBind) {
  TestServer server;
  observe::Metrics metrics;
  const Status status = HttpServer::Start({.port = server.port()}, nullptr, metrics).status();
  EXPECT_EQ(KindOf(status), ErrorKind::kUnavailable);
  EXPECT_THAT(status.message(), HasSubstr("127.0.0.1:" + std::to_string(server.port())));
  const Status unknown =
      HttpServer::Start({.host = "no.such.host.invalid"}, nullptr, metrics).status();
  EXPECT_THAT(unknown.message(), HasSubstr("no.such.host.invalid:8888"));
}

TEST(ServerTest, NamesTheOptionThatMakesNoSense) {
  observe::Metrics metrics;
  const Status status = HttpServer::Start({.connections_max = 0}, nullptr, metrics).status();
  EXPECT_EQ(KindOf(status), ErrorKind::kInvalidInput);
  EXPECT_THAT(status.message(), HasSubstr("connections_max"));
}

TEST(ServerTest, TellsConnectionsOverTheLimitToRetry) {
  TestServer server({.connections_max = 1});
  TestClient first(server);
  EXPECT_EQ(first.Call("GET", "/healthz").status, 200);
  {
    TestClient second(server);
    const auto answer = second.Call("GET", "/healthz");
    EXPECT_EQ(answer.status, 503);
    EXPECT_EQ(answer.fields.at("retry-after"), "1");
    EXPECT_THAT(answer.body, HasSubstr("connections_max"));
  }
  first.Close();
  EXPECT_TRUE(TestServer::Becomes(
      [&] { return TestClient(server).Call("GET", "/healthz").status == 200; }));
}

TEST(ServerTest, StopsAtOnceWhenNothingRuns) {
  TestServer server;
  TestClient idle(server);
  EXPECT_EQ(idle.Call("GET", "/healthz").status, 200);
  const Clock::time_point began = Clock::now();
  server.server().Stop(began + std::chrono::seconds(30));
  EXPECT_LT(Clock::now() - began, std::chrono::seconds(5));
  EXPECT_TRUE(idle.SeesEnd());
}

TEST(ServerTest, LetsRunningRequestsFinish) {
  TestServer server;
  TestClient client(server);
  const std::string sql = "SELECT count(*) AS n FROM range(100000000) WHERE hash(range) % 3 = 0";
  client.Send(TestClient::Head("POST", "/query?format=csv", sql.size()) + sql);
  EXPECT_TRUE(TestServer::Becomes([&] { return server.counters().running_queries == 1; }));
  std::thread stopper([&] { server.server().Stop(Clock::now() + std::chrono::seconds(30)); });
  const auto answer = client.Receive();
  EXPECT_EQ(answer.status, 200);
  EXPECT_TRUE(answer.complete);
  EXPECT_TRUE(client.SeesEnd());
  client.Close();
  stopper.join();
}

TEST(ServerTest, CutsWhatIsLeftAtTheDeadline) {
  TestServer server;
  TestClient reading(server);
  reading.Send(TestClient::Head("POST", "/query", kLong.size()) + std::string(kLong));
  TestClient putting(server);
  putting.Send(TestClient::Head("POST", "/ingest/t", 1'000) + "x");
  EXPECT_TRUE(TestServer::Becomes([&] { return server.counters().result_bytes_held > 0; }));
  const Clock::time_point began = Clock::now();
  server.server().Stop(began + std::chrono::milliseconds(100));
  EXPECT_LT(Clock::now() - began, std::chrono::seconds(5));
  EXPECT_TRUE(server.BecomesIdle());
  EXPECT_FALSE(reading.Receive().complete);
}

TEST(ServerTest, AcceptsNothingAfterStopAccepting) {
  TestServer server;
  TestClient client(server);
  EXPECT_EQ(client.Call("GET", "/healthz").status, 200);
  server.server().StopAccepting();
  EXPECT_THROW(TestClient{server}, boost::system::system_error);
  EXPECT_EQ(client.Call("GET", "/healthz").status, 200);
}

TEST(ServerTest, ServesManyClientsAtOnce) {
  TestServer server;
  std::vector<std::thread> clients;
  clients.reserve(8);
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back([&server, i] {
      TestClient client(server);
      for (int64_t round = 0; round < 20; ++round) {
        EXPECT_EQ(client.Call("POST", "/ingest/t", IpcStream({CountingBatch(round, 10)})).status,
                  200);
        EXPECT_EQ(client.Call("POST", "/query", "SELECT count(*) FROM t").status, 200) << i;
      }
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(server.Number("SELECT count(*) FROM t"), 8 * 20 * 10);
}

}  // namespace
}  // namespace arrowport::http
