#include "http/table_request.h"

#include <chrono>
#include <optional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "http/target.h"
#include "http/test_server.h"

namespace arrowport::http {
namespace {

using testing::AllOf;
using testing::HasSubstr;

Result<TableRequest> Read(const std::string& query) {
  return ReadTableTarget(ParseTarget("/tables/t/data?" + query).ValueOrDie());
}

TEST(TableRequestTest, ReadsAllThatCanBeAsked) {
  const TableRequest request =
      Read(
          "columns=a,%22b%22&where=a%3E1&order_by=a+DESC&limit=5&offset=2&ordered=false&"
          "timeout_ms=9&format=csv&compression=none")
          .ValueOrDie();
  EXPECT_EQ(request.read.columns, "a,\"b\"");
  EXPECT_EQ(request.read.where, "a>1");
  EXPECT_EQ(request.read.order_by, "a DESC");
  EXPECT_EQ(request.read.limit, 5);
  EXPECT_EQ(request.read.offset, 2);
  EXPECT_FALSE(request.options.ordered);
  EXPECT_EQ(request.timeout, std::chrono::milliseconds(9));
}

TEST(TableRequestTest, AsksForAllWithoutAWord) {
  const TableRequest request = Read("").ValueOrDie();
  EXPECT_EQ(request.read.columns, std::nullopt);
  EXPECT_EQ(request.read.where, std::nullopt);
  EXPECT_EQ(request.read.limit, std::nullopt);
  EXPECT_TRUE(request.options.ordered);
}

TEST(TableRequestTest, NamesTheParameterThatIsWrong) {
  for (const char* query :
       {"limit=-1", "limit=", "limit=1.5", "offset=x", "ordered=1", "timeout_ms=0"}) {
    const Status status = Read(query).status();
    const std::string text(query);
    EXPECT_EQ(KindOf(status), ErrorKind::kInvalidInput) << query;
    EXPECT_THAT(status.message(), HasSubstr("'" + text.substr(0, text.find('=')) + "'"));
  }
}

TEST(TableRequestTest, IsAnsweredWithTheRowsOfTheTable) {
  TestServer server;
  TestClient client(server);
  client.Call("POST", "/ingest/trips", IpcStream({CountingBatch(0, 5)}));
  EXPECT_EQ(client.Call("GET", "/tables/trips/data?format=csv").body, "id\n0\n1\n2\n3\n4\n");
  EXPECT_EQ(client
                .Call("GET",
                      "/tables/trips/data?format=csv&columns=ID&where=id%3E1&order_by=id+DESC&"
                      "limit=2&offset=1")
                .body,
            "id\n3\n2\n");
  EXPECT_EQ(RowsOf(client.Call("GET", "/tables/trips/data").body), 5);
  EXPECT_EQ(client.Call("GET", "/tables/none/data").status, 404);
}

TEST(TableRequestTest, IsRefusedWithTheTextThatIsToBlame) {
  TestServer server;
  TestClient client(server);
  client.Call("POST", "/ingest/trips", IpcStream({CountingBatch(0, 5)}));
  const auto refused = [&client](const std::string& query) {
    const auto answer = client.Call("GET", "/tables/trips/data?" + query);
    EXPECT_EQ(answer.status, 400) << query;
    return answer.json()["detail"].get<std::string>();
  };
  EXPECT_THAT(refused("columns=nope"), AllOf(HasSubstr("columns: "), HasSubstr("nope")));
  EXPECT_THAT(refused("where=nope%3E1"), AllOf(HasSubstr("where: "), HasSubstr("nope")));
  EXPECT_THAT(refused("where=nope(id)"), HasSubstr("where: "));
  EXPECT_THAT(refused("where=sum(id)>1"), HasSubstr("where: "));
  EXPECT_THAT(refused("where=id=(SELECT+1+FROM+nothing)"), HasSubstr("where: "));
  EXPECT_THAT(refused("where=true&order_by=nope"), HasSubstr("order_by: "));
  EXPECT_THAT(refused("columns=id&order_by=7"), HasSubstr("order_by: "));
}

}  // namespace
}  // namespace arrowport::http
