#include "service/transfers.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/call_control.h"
#include "base/error.h"
#include "engine/database.h"
#include "engine/result_stream.h"
#include "engine/test_batches.h"
#include "observe/metrics.h"
#include "service/service.h"
#include "service/transfer.h"

namespace arrowport::service {
namespace {

using engine::testing::OpenMemory;
using engine::testing::ReadAll;
using engine::testing::ReadInt;
using ::testing::HasSubstr;

/// Another server: a database in this process.
class FakeRemote final : public RemoteServer {
 public:
  explicit FakeRemote(std::shared_ptr<engine::Database> database)
      : database_(std::move(database)) {}

  Result<std::shared_ptr<arrow::RecordBatchReader>> Read(const RemoteRead& read) override {
    ARROW_ASSIGN_OR_RAISE(auto rows, database_->Query({read.sql, {}}, {.ordered = read.ordered},
                                                      {.deadline = {}, .stop = read.stop}));
    return engine::ToReader(std::move(rows));
  }

  Result<RemoteLanding> Put(const std::string& stream, arrow::RecordBatchReader& rows) override {
    RemoteLanding landing = {.table = stream};
    for (;;) {
      ARROW_ASSIGN_OR_RAISE(const auto batch, rows.Next());
      if (batch == nullptr) return landing;
      landing.rows += batch->num_rows();
    }
  }

 private:
  const std::shared_ptr<engine::Database> database_;
};

class FakeRemotes final : public RemoteServers {
 public:
  explicit FakeRemotes(std::shared_ptr<engine::Database> database)
      : database_(std::move(database)) {}

  [[nodiscard]] Result<RemoteAddress> AddressOf(const std::string& url) const override {
    if (!url.starts_with("test://")) return MakeError(ErrorKind::kInvalidInput, "no URL");
    return RemoteAddress{.host = url.substr(7), .port = 1};
  }

  [[nodiscard]] Result<std::unique_ptr<RemoteServer>> Connect(
      const std::string& /*url*/) const override {
    return std::make_unique<FakeRemote>(database_);
  }

 private:
  const std::shared_ptr<engine::Database> database_;
};

class TransfersTest : public ::testing::Test {
 protected:
  static Status Make(engine::Database& database) {
    return ReadAll(database, "CREATE TABLE t AS SELECT i::BIGINT AS id FROM range(1000) r(i)")
        .status();
  }

  const std::shared_ptr<engine::Database> remote_ = OpenMemory();
  const std::shared_ptr<engine::Database> database_ = OpenMemory();
  observe::Metrics metrics_;
  Service service_{
      database_,
      metrics_,
      {.transfer = {.hosts = "here", .servers = std::make_shared<FakeRemotes>(remote_)}}};
};

TEST_F(TransfersTest, PullsATable) {
  ASSERT_TRUE(Make(*remote_).ok());
  const auto done = service_.Transfer({}, {.url = "test://here", .table = "t"});
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_EQ(done->table, "t");
  EXPECT_EQ(done->rows, 1'000);
  EXPECT_GT(done->seconds, 0);
  EXPECT_EQ(ReadInt(*database_, "SELECT sum(id)::BIGINT FROM t").ValueOr(-1), 499'500);
}

TEST_F(TransfersTest, PushesTheRowsOfAQuery) {
  ASSERT_TRUE(Make(*database_).ok());
  const auto done = service_.Transfer({}, {.way = TransferWay::kPush,
                                           .url = "test://here",
                                           .sql = "FROM t WHERE id < 10",
                                           .as = "few"});
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_EQ(done->table, "few");
  EXPECT_EQ(done->rows, 10);
}

TEST_F(TransfersTest, NeverWritesWhereItReads) {
  const auto refused = service_.Transfer({}, {.way = TransferWay::kPush,
                                              .url = "test://here",
                                              .sql = "CREATE TABLE x AS SELECT 1",
                                              .as = "few"});
  EXPECT_EQ(KindOf(refused.status()), ErrorKind::kForbidden) << refused.status();
}

TEST_F(TransfersTest, LandsNothingWhenTheSourceFailsHalfway) {
  const auto failed = service_.Transfer(
      {}, {.url = "test://here",
           .sql = "SELECT CASE WHEN i = 900000 THEN error('broken') ELSE i END AS id "
                  "FROM range(1000000) r(i)",
           .as = "x"});
  EXPECT_THAT(failed.status().message(), HasSubstr("broken"));
  EXPECT_TRUE(service_.ListTables({})->empty());
}

TEST_F(TransfersTest, RefusesWhatItCannotDo) {
  const auto kind = [&](const TransferRequest& request) {
    return KindOf(service_.Transfer({}, request).status());
  };
  EXPECT_EQ(kind({.table = "t"}), ErrorKind::kInvalidInput);
  EXPECT_EQ(kind({.url = "test://here"}), ErrorKind::kInvalidInput);
  EXPECT_EQ(kind({.url = "test://here", .table = "t", .sql = "FROM t"}), ErrorKind::kInvalidInput);
  EXPECT_EQ(kind({.url = "test://here", .sql = "FROM t"}), ErrorKind::kInvalidInput);
  EXPECT_EQ(kind({.url = "here", .table = "t"}), ErrorKind::kInvalidInput);
  EXPECT_EQ(kind({.url = "test://there", .table = "t"}), ErrorKind::kForbidden);
  EXPECT_EQ(kind({.url = "test://here", .table = "none"}), ErrorKind::kNotFound);
  Service alone(database_, metrics_);
  EXPECT_EQ(KindOf(alone.Transfer({}, {.url = "test://here", .table = "t"}).status()),
            ErrorKind::kNotImplemented);
}

constexpr const char* kEndless = "SELECT i AS id FROM range(100000000000) r(i)";

TEST_F(TransfersTest, EndsAtItsDeadline) {
  Call call;
  call.control.deadline = Clock::now() + std::chrono::milliseconds(100);
  const auto late = service_.Transfer(call, {.url = "test://here", .sql = kEndless, .as = "x"});
  EXPECT_EQ(KindOf(late.status()), ErrorKind::kDeadlineExceeded) << late.status();
  EXPECT_TRUE(service_.ListTables({})->empty());
}

TEST_F(TransfersTest, EndsWhenTheServerCancelsAll) {
  std::jthread other([&] {
    while (database_->counters().running_appends == 0) std::this_thread::yield();
    service_.CancelAll(MakeError(ErrorKind::kUnavailable, "stopping"));
  });
  const auto ended = service_.Transfer({}, {.url = "test://here", .sql = kEndless, .as = "x"});
  EXPECT_FALSE(ended.ok());
  EXPECT_TRUE(service_.WaitUntilIdle(Clock::now() + std::chrono::seconds(5)));
}

TEST(TransferHostsTest, AreComparedAsHostsAndAsHostsWithPorts) {
  const auto allows = [](const std::string& hosts, const std::string& host, int port) {
    return CheckTransferHost(hosts, {.host = host, .port = port}).ok();
  };
  EXPECT_TRUE(allows("localhost,127.0.0.1,[::1]", "localhost", 8889));
  EXPECT_TRUE(allows("localhost,127.0.0.1,[::1]", "::1", 8889));
  EXPECT_TRUE(allows(" a.org , b.org:80", "B.ORG", 80));
  EXPECT_TRUE(allows("*", "anything", 1));
  EXPECT_FALSE(allows("a.org,b.org:80", "b.org", 81));
  EXPECT_FALSE(allows("a.org", "a.org.evil", 1));
  EXPECT_FALSE(allows("", "localhost", 1));
  EXPECT_FALSE(allows(",", "", 1));
  EXPECT_THAT(CheckTransferHost("a", {.host = "b", .port = 2}).message(), HasSubstr("b:2"));
}

}  // namespace
}  // namespace arrowport::service
