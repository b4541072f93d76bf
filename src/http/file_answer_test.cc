#include <cstdint>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/test_server.h"

namespace arrowport::http {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

class FileAnswerTest : public testing::Test {
 protected:
  void SetUp() override { Put("trips", 1000); }

  void Put(const std::string& table, int64_t rows) {
    ASSERT_EQ(client_.Call("POST", "/ingest/" + table, IpcStream({CountingBatch(0, rows)})).status,
              200);
  }

  TestAnswer Get(std::string_view path, const std::string& fields = {},
                 std::string_view method = "GET") {
    return client_.Call(method, path, "", fields);
  }

  TestServer server_;
  TestClient client_{server_};
};

TEST_F(FileAnswerTest, AnswersATableAsAFileOfKnownLength) {
  const auto parquet = Get("/tables/trips.parquet");
  EXPECT_EQ(parquet.status, 200);
  EXPECT_TRUE(parquet.complete);
  EXPECT_EQ(parquet.fields.at("content-type"), "application/vnd.apache.parquet");
  EXPECT_EQ(parquet.fields.at("content-length"), std::to_string(parquet.body.size()));
  EXPECT_EQ(parquet.fields.at("accept-ranges"), "bytes");
  EXPECT_EQ(parquet.fields.at("cache-control"), "no-cache");
  EXPECT_EQ(parquet.fields.at("content-disposition"), "attachment; filename=\"trips.parquet\"");
  EXPECT_THAT(parquet.body, AllOf(StartsWith("PAR1"), EndsWith("PAR1")));
  const auto arrow = Get("/tables/trips.arrow");
  EXPECT_EQ(arrow.fields.at("content-type"), "application/vnd.apache.arrow.file");
  EXPECT_THAT(arrow.body, AllOf(StartsWith("ARROW1"), EndsWith("ARROW1")));
  EXPECT_NE(arrow.fields.at("etag"), parquet.fields.at("etag"));
}

TEST_F(FileAnswerTest, AnswersHeadWithoutTheBody) {
  const auto whole = Get("/tables/trips.arrow");
  const auto head = Get("/tables/trips.arrow", "Range: bytes=0-9\r\n", "HEAD");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.body, "");
  for (const char* name : {"content-length", "etag", "content-type", "accept-ranges"}) {
    EXPECT_EQ(head.fields.at(name), whole.fields.at(name)) << name;
  }
  EXPECT_EQ(Get("/healthz").status, 200);
}

TEST_F(FileAnswerTest, AnswersAPartOfIt) {
  const auto whole = Get("/tables/trips.arrow");
  const std::string size = std::to_string(whole.body.size());
  const auto part = Get("/tables/trips.arrow", "Range: bytes=6-105\r\n");
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.fields.at("content-range"), "bytes 6-105/" + size);
  EXPECT_EQ(part.fields.at("etag"), whole.fields.at("etag"));
  EXPECT_EQ(part.body, whole.body.substr(6, 100));
  EXPECT_EQ(Get("/tables/trips.arrow", "Range: bytes=-6\r\n").body, "ARROW1");
  EXPECT_EQ(Get("/tables/trips.arrow", "Range: bytes=0-1,4-5\r\n").body, whole.body);
  const auto behind = Get("/tables/trips.arrow", "Range: bytes=" + size + "-\r\n");
  EXPECT_EQ(behind.status, 416);
  EXPECT_EQ(behind.fields.at("content-range"), "bytes */" + size);
  EXPECT_EQ(behind.fields.at("content-type"), "application/problem+json");
}

TEST_F(FileAnswerTest, AnswersNothingNewToWhoHasIt) {
  const std::string tag = Get("/tables/trips.arrow").fields.at("etag");
  const auto same = Get("/tables/trips.arrow", "If-None-Match: \"x\", W/" + tag + "\r\n");
  EXPECT_EQ(same.status, 304);
  EXPECT_EQ(same.fields.at("etag"), tag);
  EXPECT_EQ(same.fields.count("content-length"), 0U);
  EXPECT_EQ(same.body, "");
  EXPECT_EQ(Get("/tables/trips.arrow", "If-None-Match: \"x\"\r\n").status, 200);
  Put("other", 1);
  EXPECT_EQ(Get("/tables/trips.arrow", "If-None-Match: " + tag + "\r\n", "HEAD").status, 304);
  Put("trips", 1);
  const auto newer = Get("/tables/trips.arrow", "If-None-Match: " + tag + "\r\n");
  EXPECT_EQ(newer.status, 200);
  EXPECT_NE(newer.fields.at("etag"), tag);
}

TEST_F(FileAnswerTest, AnswersOnlyWhatWasExpected) {
  const auto whole = Get("/tables/trips.arrow");
  const std::string tag = whole.fields.at("etag");
  EXPECT_EQ(Get("/tables/trips.arrow", "If-Match: " + tag + "\r\n").status, 200);
  EXPECT_EQ(Get("/tables/trips.arrow", "If-Match: *\r\n").status, 200);
  EXPECT_EQ(Get("/tables/trips.arrow", "Range: bytes=0-1\r\nIf-Range: " + tag + "\r\n").status,
            206);
  EXPECT_EQ(Get("/tables/trips.arrow", "Range: bytes=0-1\r\nIf-Range: \"x\"\r\n").body, whole.body);
  Put("trips", 1);
  const auto refused = Get("/tables/trips.arrow", "If-Match: " + tag + "\r\n");
  EXPECT_EQ(refused.status, 412);
  EXPECT_EQ(refused.json()["type"], "urn:arrowport:problem:precondition-failed");
  EXPECT_EQ(Get("/tables/trips.arrow", "Range: bytes=0-1\r\nIf-Range: " + tag + "\r\n").status,
            200);
}

TEST_F(FileAnswerTest, MakesOneFileForAllWhoAsk) {
  std::vector<std::thread> threads(20);
  for (std::thread& thread : threads) {
    thread = std::thread([this] {
      EXPECT_EQ(TestClient(server_).Call("GET", "/tables/trips.parquet").status, 200);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(server_.metrics().Page(), HasSubstr("arrowport_table_files_made_total 1"));
}

TEST_F(FileAnswerTest, RefusesWhatIsNoTableAndWhatIsNoParameter) {
  ASSERT_EQ(client_.Call("POST", "/query", "CREATE VIEW v AS FROM trips").status, 200);
  const auto view = Get("/tables/v.parquet");
  EXPECT_EQ(view.status, 404);
  EXPECT_THAT(view.body, HasSubstr("'v'"));
  EXPECT_EQ(Get("/tables/none.arrow").status, 404);
  EXPECT_EQ(Get("/tables/a..b.arrow").status, 400);
  const auto parameter = Get("/tables/trips.parquet?columns=id");
  EXPECT_EQ(parameter.status, 400);
  EXPECT_THAT(parameter.body, HasSubstr("columns"));
}

TEST_F(FileAnswerTest, AnswersALargeFileToAClientThatReadsAllOfIt) {
  ASSERT_EQ(client_.Call("POST", "/query", "CREATE TABLE big AS FROM range(2000000) t(i)").status,
            200);
  const auto arrow = Get("/tables/big.arrow");
  EXPECT_TRUE(arrow.complete);
  EXPECT_GT(arrow.body.size(), 16'000'000U);
  EXPECT_EQ(arrow.fields.at("content-length"), std::to_string(arrow.body.size()));
  EXPECT_EQ(Get("/tables/big.arrow", "Range: bytes=3000000-12000000\r\n").body,
            arrow.body.substr(3'000'000, 9'000'001));
}

}  // namespace
}  // namespace arrowport::http
