
#include <chrono>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/call_control.h"
#include "http/test_server.h"

namespace arrowport::http {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

// About 8 MB of rows: more than the sockets on the way hold.
constexpr std::string_view kLong = "SELECT range AS id FROM range(100000000)";

TEST(ResultPumpTest, AnswersArrowUnlessToldOtherwise) {
  TestServer server;
  TestClient client(server);
  const auto answer = client.Call("POST", "/query", "SELECT range AS id FROM range(1000000)");
  EXPECT_EQ(answer.status, 200);
  EXPECT_TRUE(answer.complete);
  EXPECT_EQ(answer.fields.at("content-type"), "application/vnd.apache.arrow.stream");
  EXPECT_EQ(answer.fields.at("transfer-encoding"), "chunked");
  EXPECT_EQ(RowsOf(answer.body), 1'000'000);
}

TEST(ResultPumpTest, AnswersGetOfWhatOnlyReads) {
  TestServer server;
  TestClient client(server);
  const auto answer = client.Call("GET", "/query?sql=SELECT%0A7+AS+a&format=csv");
  EXPECT_EQ(answer.body, "a\n7\n");
  const auto refused = client.Call("GET", "/query?sql=CREATE+TABLE+t(i+INT)");
  EXPECT_EQ(refused.status, 403);
  EXPECT_THAT(refused.body, AllOf(HasSubstr("CREATE"), HasSubstr("POST /query")));
  EXPECT_EQ(client.Call("GET", "/tables").json()["tables"].size(), 0U);
}

TEST(ResultPumpTest, AnswersHeadWithTheHeadOfGetAndGivesTheQueryUp) {
  TestServer server;
  TestClient client(server);
  const std::string endless = "/query?sql=FROM+range(1000000000000)";
  for (const char* format : {"&format=arrow", "&format=parquet", "&format=csv"}) {
    const auto answer = client.Call("HEAD", endless + format);
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.fields.at("transfer-encoding"), "chunked");
    EXPECT_EQ(answer.body, "");
  }
  EXPECT_TRUE(server.BecomesIdle());
  EXPECT_EQ(client.Call("HEAD", "/query?sql=SELECT+error('early')").status, 400);
  EXPECT_EQ(client.Call("HEAD", "/query?sql=SELECT+1").status, 200);
  EXPECT_EQ(client.Call("GET", "/query?sql=SELECT+2+AS+a&format=csv").body, "a\n2\n");
}

TEST(ResultPumpTest, AnswersAnArrowStreamWithoutRows) {
  TestServer server;
  TestClient client(server);
  const auto answer = client.Call("POST", "/query", "SELECT 1 AS id WHERE false");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(RowsOf(answer.body), 0);
}

TEST(ResultPumpTest, AnswersWhatIsAccepted) {
  TestServer server;
  TestClient client(server);
  const std::string sql = "SELECT 1 AS a, 'x' AS b";
  EXPECT_EQ(client.Call("POST", "/query", sql, "Accept: application/json\r\n").json(),
            nlohmann::json::parse(R"([{"a": 1, "b": "x"}])"));
  EXPECT_EQ(client.Call("POST", "/query", sql, "Accept: text/csv\r\n").body, "a,b\n1,x\n");
  const auto ndjson = client.Call("POST", "/query?format=ndjson", sql);
  EXPECT_EQ(ndjson.json(), nlohmann::json::parse(R"({"a": 1, "b": "x"})"));
  EXPECT_EQ(ndjson.fields.at("content-type"), "application/x-ndjson");
  EXPECT_EQ(client.Call("POST", "/query", sql, "Accept: image/png\r\n").status, 406);
  EXPECT_EQ(client.Call("POST", "/query?format=excel", sql).status, 400);
}

TEST(ResultPumpTest, AnswersFilesWithTheirMarksAtBothEnds) {
  TestServer server;
  TestClient client(server);
  const std::string sql = "SELECT range AS id FROM range(300000)";
  const auto parquet = client.Call("POST", "/query?format=parquet", sql);
  EXPECT_EQ(parquet.fields.at("content-type"), "application/vnd.apache.parquet");
  EXPECT_THAT(parquet.body, AllOf(StartsWith("PAR1"), EndsWith("PAR1")));
  EXPECT_TRUE(parquet.complete);
  const auto file =
      client.Call("POST", "/query", sql, "Accept: application/vnd.apache.arrow.file\r\n");
  EXPECT_EQ(file.fields.at("content-type"), "application/vnd.apache.arrow.file");
  EXPECT_THAT(file.body, AllOf(StartsWith("ARROW1"), EndsWith("ARROW1")));
  EXPECT_TRUE(file.complete);
}

TEST(ResultPumpTest, CompressesBuffersForWhoNamesACodec) {
  TestServer server;
  TestClient client(server);
  const std::string sql = "SELECT 7::BIGINT AS id FROM range(1000000)";
  for (const std::string codec : {"zstd", "lz4"}) {
    const auto answer =
        client.Call("POST", "/query", sql,
                    "Accept: application/vnd.apache.arrow.stream;codecs=" + codec + "\r\n");
    EXPECT_EQ(answer.fields.at("content-type"),
              "application/vnd.apache.arrow.stream;codecs=" + codec);
    EXPECT_EQ(answer.fields.count("content-encoding"), 0U);
    EXPECT_EQ(RowsOf(answer.body), 1'000'000);
    EXPECT_LT(answer.body.size(), 1'000'000U);
    EXPECT_EQ(client.Call("POST", "/query?compression=" + codec, sql).body.size(),
              answer.body.size());
  }
}

TEST(ResultPumpTest, CodesABodyForWhoTakesZstd) {
  TestServer server;
  TestClient client(server);
  const std::string sql = "SELECT 7::BIGINT AS id FROM range(1000000)";
  const auto answer = client.Call("POST", "/query?format=csv", sql, "Accept-Encoding: zstd\r\n");
  EXPECT_EQ(answer.fields.at("content-encoding"), "zstd");
  EXPECT_EQ(answer.fields.at("vary"), "Accept, Accept-Encoding");
  EXPECT_EQ(answer.fields.at("content-type"), "text/csv");
  EXPECT_THAT(answer.body, StartsWith("\x28\xb5\x2f\xfd"));
  EXPECT_LT(answer.body.size(), 100'000U);
  EXPECT_TRUE(answer.complete);
  const auto plain = client.Call("POST", "/query?format=csv", sql, "Accept-Encoding: gzip\r\n");
  EXPECT_EQ(plain.fields.count("content-encoding"), 0U);
  EXPECT_EQ(plain.body.size(), 3U + 2U * 1'000'000U);
}

TEST(ResultPumpTest, AnswersWhatParquetHasNoFormForBeforeTheFirstByte) {
  TestServer server;
  TestClient client(server);
  const auto answer =
      client.Call("POST", "/query?format=parquet", "SELECT 1 AS a, INTERVAL 1 DAY AS pause");
  EXPECT_EQ(answer.status, 406);
  EXPECT_THAT(answer.body, HasSubstr("column 'pause'"));
  EXPECT_TRUE(server.BecomesIdle());
}

TEST(ResultPumpTest, BindsParameters) {
  TestServer server;
  TestClient client(server);
  const auto answer = client.Call(
      "POST", "/query?format=csv",
      R"({"sql": "SELECT ?::BIGINT + 1 AS a, ? AS b", "params": [41, "x'y"], "ordered": false})",
      "Content-Type: application/json\r\n");
  EXPECT_EQ(answer.body, "a,b\n42,x'y\n");
}

TEST(ResultPumpTest, EndsTheBodyWithTheConnectionForHttp10) {
  TestServer server;
  TestClient client(server);
  client.Send("POST /query?format=csv HTTP/1.0\r\nContent-Length: 13\r\n\r\nSELECT 1 AS a");
  const auto answer = client.Receive();
  EXPECT_EQ(answer.fields.count("transfer-encoding"), 0U);
  EXPECT_EQ(answer.fields.at("connection"), "close");
  EXPECT_EQ(answer.body, "a\n1\n");
}

TEST(ResultPumpTest, AnswersAFailureBeforeTheFirstByte) {
  TestServer server;
  TestClient client(server);
  const auto wrong = client.Call("POST", "/query", "SELEC 1");
  EXPECT_EQ(wrong.status, 400);
  EXPECT_EQ(wrong.fields.at("content-type"), "application/problem+json");
  const auto running = client.Call("POST", "/query", "SELECT error('broken on purpose')");
  EXPECT_GE(running.status, 400);
  EXPECT_THAT(running.body, HasSubstr("broken on purpose"));
  EXPECT_EQ(client.Call("POST", "/query", "").status, 400);
}

TEST(ResultPumpTest, BreaksTheBodyOnAFailureAfterTheFirstByte) {
  TestServer server;
  for (const char* form : {"arrow", "csv", "json", "arrow-file", "parquet", "arrow&compression=lz4",
                           "parquet&compression=none"}) {
    for (const char* fields : {"", "Accept-Encoding: zstd\r\n"}) {
      TestClient client(server);
      const auto answer =
          client.Call("POST", std::string("/query?format=") + form,
                      "SELECT CASE WHEN range < 3000000 THEN range ELSE error('late') END AS id "
                      "FROM range(3000001)",
                      fields);
      EXPECT_EQ(answer.status, 200);
      EXPECT_FALSE(answer.complete) << form << " " << fields;
    }
  }
  EXPECT_TRUE(server.BecomesIdle());
}

TEST(ResultPumpTest, CancelsTheQueryOfAClientThatLeavesWhileItIsSent) {
  TestServer server;
  TestClient client(server);
  client.Send(TestClient::Head("POST", "/query", kLong.size()) + std::string(kLong));
  EXPECT_THAT(client.ReceiveBytes(1'000), HasSubstr("200"));
  EXPECT_EQ(server.counters().running_queries, 1);
  client.Close();
  const Clock::time_point left = Clock::now();
  EXPECT_TRUE(server.BecomesIdle());
  EXPECT_LT(Clock::now() - left, std::chrono::seconds(1));
}

TEST(ResultPumpTest, CancelsTheQueryOfAClientThatLeavesWhileItComputes) {
  TestServer server;
  TestClient client(server);
  const std::string sql = "SELECT sum(hash(range)) AS s FROM range(1000000000000)";
  client.Send(TestClient::Head("POST", "/query", sql.size()) + sql);
  EXPECT_TRUE(TestServer::Becomes([&] { return server.counters().running_queries == 1; }));
  client.Close();
  const Clock::time_point left = Clock::now();
  EXPECT_TRUE(server.BecomesIdle());
  EXPECT_LT(Clock::now() - left, std::chrono::seconds(1));
}

TEST(ResultPumpTest, TakesRequestsThatAreSentAheadForNoLeaving) {
  TestServer server;
  TestClient client(server);
  const std::string sql = "SELECT count(*) AS n FROM range(200000000) WHERE hash(range) % 3 = 0";
  client.Send(TestClient::Head("POST", "/query?format=csv", sql.size()) + sql +
              TestClient::Head("GET", "/healthz", 0));
  EXPECT_THAT(client.Receive().body, HasSubstr("n\n"));
  EXPECT_EQ(client.Receive().status, 200);
}

TEST(ResultPumpTest, HoldsTheQueryOfAClientThatReadsNothing) {
  TestServer server;
  TestClient client(server);
  client.Send(TestClient::Head("POST", "/query", kLong.size()) + std::string(kLong));
  EXPECT_TRUE(TestServer::Becomes([&] { return server.counters().result_bytes_held > 0; }));
  TestClient other(server);
  EXPECT_EQ(other.Call("POST", "/query", "SELECT 1").status, 200);
  EXPECT_TRUE(TestServer::Becomes([&] { return server.counters().running_queries == 1; }));
  // While the sockets still have room there are moments without a batch.
  EXPECT_TRUE(TestServer::Becomes([&] { return server.counters().result_bytes_held > 0; }));
}

TEST(ResultPumpTest, CutsAClientThatReadsNothingForTooLong) {
  TestServer server({.read_idle_timeout = std::chrono::milliseconds(100)});
  TestClient client(server);
  client.Send(TestClient::Head("POST", "/query", kLong.size()) + std::string(kLong));
  EXPECT_TRUE(TestServer::Becomes([&] { return server.counters().running_queries == 1; }));
  EXPECT_TRUE(server.BecomesIdle());
  EXPECT_FALSE(client.Receive().complete);
}

TEST(ResultPumpTest, EndsWithTheCallsTime) {
  TestServer server;
  TestClient client(server);
  const std::string sql = "SELECT sum(hash(range)) AS s FROM range(1000000000000)";
  EXPECT_EQ(client.Call("POST", "/query", sql, "X-Arrowport-Timeout-Ms: 50\r\n").status, 504);
  const auto answer =
      client.Call("POST", "/query", R"({"sql": ")" + sql + R"(", "timeout_ms": 50})",
                  "Content-Type: application/json\r\n");
  EXPECT_EQ(answer.status, 504);
  EXPECT_EQ(answer.json()["type"], "urn:arrowport:problem:deadline-exceeded");
  EXPECT_TRUE(server.BecomesIdle());
}

TEST(ResultPumpTest, RefusesTooMuchSql) {
  TestServer server({.sql_bytes_max = 100});
  TestClient client(server);
  const auto answer = client.Call("POST", "/query", "SELECT " + std::string(100, ' ') + "1");
  EXPECT_EQ(answer.status, 413);
  EXPECT_THAT(answer.body, HasSubstr("sql_bytes_max"));
}

}  // namespace
}  // namespace arrowport::http
