#include "service/client_sessions.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "access/caller.h"
#include "base/call_control.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/limits.h"
#include "engine/database.h"
#include "engine/result_stream.h"
#include "engine/test_batches.h"
#include "service/held_rows.h"
#include "service/spill_space.h"

namespace arrowport::service {
namespace {

using engine::testing::OpenMemory;
using engine::testing::ReadAll;
using engine::testing::ReadInt;
using ::testing::HasSubstr;

/// A client with a session of its own.
struct Client {
  access::Caller caller{.name = "ada"};
  std::optional<SessionKey> session = SessionKey{.id = NewId()};
  std::string transaction = {};
  CallControl control = {};

  [[nodiscard]] ClientSessions::Asker asker() const {
    return {.caller = caller, .session = session, .transaction = transaction, .control = control};
  }
};

class ClientSessionsTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(ReadAll(*database_, "CREATE TABLE t(id BIGINT)").ok()); }

  void Open(const SessionOptions& options = {}) {
    sessions_ = std::make_unique<ClientSessions>(
        database_, std::make_shared<SpillSpace>(SpillOptions{}), options);
  }

  /// Runs it as a door would, to its end.
  Result<HeldRows> Run(const Client& client, const std::string& sql) {
    ARROW_ASSIGN_OR_RAISE(const auto place, sessions_->PlaceOf(client.asker(), sql));
    ARROW_ASSIGN_OR_RAISE(const auto rows, place->Query({.sql = sql, .parameters = {}}, {}, {}));
    return TakeAll(*rows);
  }

  int64_t RowsForOthers() { return ReadInt(*database_, "SELECT count(*) FROM t").ValueOr(-1); }

  /// Until the idle ones are gone.
  void WaitUntilNoneIsThere() {
    const auto give_up = Clock::now() + std::chrono::seconds(20);
    while (sessions_->sessions() + sessions_->transactions() > 0 && Clock::now() < give_up) {
      std::this_thread::yield();
    }
  }

  std::shared_ptr<engine::Database> database_ = OpenMemory();
  std::unique_ptr<ClientSessions> sessions_;
};

TEST_F(ClientSessionsTest, TakeNothingUntilThereIsSomethingToKeep) {
  Open();
  const Client client;
  ASSERT_TRUE(Run(client, "SELECT 1").ok());
  ASSERT_TRUE(Run(client, "INSERT INTO t VALUES (1)").ok());
  EXPECT_EQ(sessions_->sessions(), 0);
  ASSERT_TRUE(Run(client, "/* mine */ CREATE TEMP TABLE mine AS SELECT 1 AS x").ok());
  EXPECT_EQ(sessions_->sessions(), 1);
  EXPECT_TRUE(Run(client, "FROM mine").ok());
  EXPECT_FALSE(Run(Client(), "FROM mine").ok());
}

TEST_F(ClientSessionsTest, WhatWouldBeLostIsRefusedWithoutASession) {
  Open();
  Client client;
  const std::vector<std::optional<SessionKey>> none = {std::nullopt, SessionKey{},
                                                       SessionKey{.id = NewId(), .is_new = true}};
  for (const auto& key : none) {
    client.session = key;
    for (const char* sql :
         {"BEGIN", "CREATE TEMP TABLE x AS SELECT 1", "CREATE TEMP VIEW y AS SELECT 1",
          "BEGIN; INSERT INTO t VALUES (1)", "SELECT 1; PREPARE p AS SELECT 1", "USE memory.main",
          "SET TimeZone = 'UTC'"}) {
      const Status refused = Run(client, sql).status();
      EXPECT_EQ(KindOf(refused), ErrorKind::kInvalidInput) << sql << refused;
      EXPECT_THAT(refused.message(), HasSubstr("needs a session"));
      EXPECT_THAT(refused.message(), HasSubstr("as one text, or use Flight SQL"));
    }
    for (const char* sql : {"CREATE TEMP TABLE x AS SELECT 1; FROM x", "SET default_order = 'asc'",
                            "BEGIN; INSERT INTO t VALUES (1); ROLLBACK"}) {
      EXPECT_EQ(Run(client, sql).status(), Status::OK()) << sql;
    }
  }
  EXPECT_EQ(RowsForOthers(), 0);
  EXPECT_EQ(sessions_->sessions(), 0);
}

TEST_F(ClientSessionsTest, TransactionsCanBeTexts) {
  Open();
  const Client client;
  ASSERT_TRUE(Run(client, "BEGIN").ok());
  ASSERT_TRUE(Run(client, "INSERT INTO t VALUES (1)").ok());
  EXPECT_EQ(RowsForOthers(), 0);
  EXPECT_EQ(KindOf(Run(client, "BEGIN").status()), ErrorKind::kConflict);
  ASSERT_TRUE(Run(client, "commit;").ok());
  EXPECT_EQ(RowsForOthers(), 1);
  EXPECT_EQ(KindOf(Run(client, "COMMIT").status()), ErrorKind::kConflict);
  ASSERT_TRUE(Run(client, "BEGIN").ok());
  ASSERT_TRUE(Run(client, "INSERT INTO t VALUES (2)").ok());
  ASSERT_TRUE(Run(client, "ROLLBACK").ok());
  EXPECT_EQ(RowsForOthers(), 1);
}

TEST_F(ClientSessionsTest, AnAbortedTransactionIsLeftByText) {
  Open();
  Client client;
  for (const bool has_handle : {false, true}) {
    for (const char* sql : {"ROLLBACK", "abort; -- it", "ROLLBACK; SELECT 1"}) {
      client.transaction.clear();
      if (has_handle) {
        client.transaction = *sessions_->BeginTransaction(client.asker());
      } else {
        ASSERT_TRUE(Run(client, "BEGIN").ok());
      }
      ASSERT_TRUE(Run(client, "INSERT INTO t VALUES (1)").ok());
      ASSERT_FALSE(
          Run(client, "INSERT INTO t SELECT CAST('x' || i AS BIGINT) FROM range(1) r(i)").ok());
      EXPECT_EQ(KindOf(Run(client, "SELECT 1").status()), ErrorKind::kConflict);
      EXPECT_TRUE(Run(client, sql).ok()) << sql;
      EXPECT_EQ(sessions_->transactions(), 0) << sql;
      EXPECT_TRUE(Run(client, "SELECT 1").ok()) << sql;
      if (has_handle) {
        EXPECT_EQ(sessions_->EndTransaction(client.asker(), false), Status::OK());
      }
    }
  }
  EXPECT_EQ(RowsForOthers(), 0);
}

TEST_F(ClientSessionsTest, ATransactionHasAHandle) {
  Open();
  Client client;
  client.session = SessionKey{};
  client.transaction = sessions_->BeginTransaction(client.asker()).ValueOrDie();
  ASSERT_TRUE(Run(client, "INSERT INTO t VALUES (1)").ok());
  EXPECT_EQ(RowsForOthers(), 0);
  Client other = client;
  other.caller.name = "grace";
  EXPECT_EQ(KindOf(Run(other, "SELECT 1").status()), ErrorKind::kNotFound);
  EXPECT_EQ(KindOf(sessions_->EndTransaction(other.asker(), true)), ErrorKind::kNotFound);
  ASSERT_TRUE(sessions_->EndTransaction(client.asker(), /*commit=*/true).ok());
  EXPECT_EQ(RowsForOthers(), 1);
  EXPECT_EQ(KindOf(Run(client, "SELECT 1").status()), ErrorKind::kNotFound);
  EXPECT_EQ(KindOf(sessions_->EndTransaction(client.asker(), true)), ErrorKind::kNotFound);
  EXPECT_EQ(sessions_->transactions(), 0);
}

TEST_F(ClientSessionsTest, TextsWithAHandleChangeWhatIsNotSoYet) {
  Open();
  Client client;
  client.transaction = sessions_->BeginTransaction(client.asker()).ValueOrDie();
  for (const char* sql : {"BEGIN", "INSERT INTO t VALUES (1)", "COMMIT", "ROLLBACK", "BEGIN",
                          "INSERT INTO t VALUES (2)", "ROLLBACK", "rollback"}) {
    EXPECT_TRUE(Run(client, sql).ok()) << sql;
  }
  EXPECT_EQ(RowsForOthers(), 1);
  EXPECT_TRUE(sessions_->EndTransaction(client.asker(), /*commit=*/true).ok());
}

TEST_F(ClientSessionsTest, ATransactionOfASessionIsItsOwn) {
  Open();
  Client client;
  ASSERT_TRUE(Run(client, "CREATE TEMP TABLE mine AS SELECT 1 AS x").ok());
  Client named = client;
  named.transaction = sessions_->BeginTransaction(client.asker()).ValueOrDie();
  EXPECT_TRUE(Run(named, "FROM mine").ok());
  // It need not be named.
  ASSERT_TRUE(Run(client, "INSERT INTO t VALUES (1)").ok());
  EXPECT_EQ(RowsForOthers(), 0);
  // A second one has a connection of its own.
  Client second = client;
  second.transaction = sessions_->BeginTransaction(client.asker()).ValueOrDie();
  ASSERT_TRUE(Run(second, "INSERT INTO t VALUES (2)").ok());
  ASSERT_TRUE(sessions_->EndTransaction(second.asker(), /*commit=*/true).ok());
  EXPECT_EQ(RowsForOthers(), 1);
  ASSERT_TRUE(sessions_->Close(client.asker()).ok());
  EXPECT_EQ(RowsForOthers(), 1);
  EXPECT_EQ(sessions_->sessions() + sessions_->transactions(), 0);
}

TEST_F(ClientSessionsTest, SeveralResultsMayBeOpen) {
  Open();
  Client client;
  client.transaction = sessions_->BeginTransaction(client.asker()).ValueOrDie();
  const std::string sql = "SELECT i, hash(i) AS h FROM range(3000000) t(i)";
  const auto place = sessions_->PlaceOf(client.asker(), sql).ValueOrDie();
  const auto first = place->Query({.sql = sql, .parameters = {}}, {}, {}).ValueOrDie();
  const auto some = first->Next().ValueOrDie();
  ASSERT_TRUE(Run(client, "INSERT INTO t VALUES (1)").ok());
  const auto second = place->Query({.sql = sql, .parameters = {}}, {}, {}).ValueOrDie();
  ASSERT_TRUE(sessions_->EndTransaction(client.asker(), /*commit=*/true).ok());
  int64_t expected = some->num_rows();
  const auto check = [&expected](const HeldRows& rows) {
    for (const auto& batch : rows.batches) {
      const auto& column = static_cast<const arrow::Int64Array&>(*batch->column(0));
      ASSERT_EQ(column.Value(0), expected);
      expected += batch->num_rows();
    }
    EXPECT_EQ(expected, 3'000'000);
    expected = 0;
  };
  check(TakeAll(*first).ValueOrDie());
  check(TakeAll(*second).ValueOrDie());
}

TEST_F(ClientSessionsTest, AResultForWhichThereIsNoRoomIsEnded) {
  sessions_ = std::make_unique<ClientSessions>(
      database_, std::make_shared<SpillSpace>(SpillOptions{.bytes_max = kMiB}), SessionOptions{});
  Client client;
  client.transaction = sessions_->BeginTransaction(client.asker()).ValueOrDie();
  const std::string sql = "SELECT i, hash(i) AS h FROM range(10000000) t(i)";
  const auto place = sessions_->PlaceOf(client.asker(), sql).ValueOrDie();
  const auto rows = place->Query({.sql = sql, .parameters = {}}, {}, {}).ValueOrDie();
  ASSERT_TRUE(Run(client, "INSERT INTO t VALUES (1)").ok());
  EXPECT_EQ(KindOf(TakeAll(*rows).status()), ErrorKind::kOverloaded);
  ASSERT_TRUE(sessions_->EndTransaction(client.asker(), /*commit=*/true).ok());
  EXPECT_EQ(RowsForOthers(), 1);
}

TEST_F(ClientSessionsTest, OptionsAreOfTheSession) {
  Open();
  const Client client;
  ASSERT_TRUE(Run(client, "CREATE SCHEMA s").ok());
  const auto before = sessions_->Options(client.asker()).ValueOrDie();
  EXPECT_EQ(before.at("catalog"), "memory");
  EXPECT_EQ(before.at("schema"), "main");
  ASSERT_TRUE(sessions_->SetOption(client.asker(), "schema", "s").ok());
  ASSERT_TRUE(sessions_->SetOption(client.asker(), "timezone", "Asia/Tokyo").ok());
  const auto after = sessions_->Options(client.asker()).ValueOrDie();
  EXPECT_EQ(after.at("schema"), "s");
  EXPECT_EQ(after.at("TimeZone"), "Asia/Tokyo");
  EXPECT_EQ(KindOf(sessions_->SetOption(client.asker(), "threads", "1")), ErrorKind::kNotFound);
  EXPECT_EQ(KindOf(sessions_->SetOption(client.asker(), "TimeZone", "No/Where")),
            ErrorKind::kInvalidInput);
  Client second = client;
  // Those of a second transaction are the same.
  (void)sessions_->BeginTransaction(client.asker()).ValueOrDie();
  second.transaction = sessions_->BeginTransaction(client.asker()).ValueOrDie();
  ASSERT_TRUE(Run(second, "CREATE TABLE there AS SELECT 1 AS x").ok());
  ASSERT_TRUE(sessions_->EndTransaction(second.asker(), /*commit=*/true).ok());
  EXPECT_TRUE(ReadInt(*database_, "SELECT count(*) FROM s.there").ok());
  ASSERT_TRUE(sessions_->SetOption(client.asker(), "schema", std::nullopt).ok());
  EXPECT_EQ(sessions_->Options(client.asker())->at("schema"), "main");
}

TEST_F(ClientSessionsTest, IdleOnesAreRolledBack) {
  Open({.session_idle_max = std::chrono::milliseconds(20),
        .transaction_idle_max = std::chrono::milliseconds(20)});
  const Client kept;
  ASSERT_TRUE(Run(kept, "BEGIN").ok());
  ASSERT_TRUE(Run(kept, "INSERT INTO t VALUES (1)").ok());
  Client client;
  client.session = SessionKey{};
  client.transaction = sessions_->BeginTransaction(client.asker()).ValueOrDie();
  WaitUntilNoneIsThere();
  EXPECT_EQ(sessions_->sessions() + sessions_->transactions(), 0);
  EXPECT_EQ(RowsForOthers(), 0);
  EXPECT_EQ(KindOf(sessions_->EndTransaction(client.asker(), true)), ErrorKind::kNotFound);
  EXPECT_TRUE(sessions_->EndTransaction(client.asker(), /*commit=*/false).ok());
  EXPECT_EQ(KindOf(sessions_->EndTransaction(client.asker(), false)), ErrorKind::kNotFound);
  const Status told = Run(kept, "SELECT 1").status();
  EXPECT_EQ(KindOf(told), ErrorKind::kNotFound);
  EXPECT_THAT(told.message(), HasSubstr("idle"));
  EXPECT_TRUE(Run(kept, "SELECT 1").ok());
}

TEST_F(ClientSessionsTest, StatementsThatDoNotNameATransactionKeepIt) {
  Open({.session_idle_max = std::chrono::minutes(1),
        .transaction_idle_max = std::chrono::milliseconds(500)});
  const Client client;
  Client named = client;
  named.transaction = sessions_->BeginTransaction(client.asker()).ValueOrDie();
  ASSERT_TRUE(Run(client, "INSERT INTO t VALUES (1)").ok());
  const auto until = Clock::now() + std::chrono::milliseconds(1200);
  while (Clock::now() < until) ASSERT_TRUE(Run(client, "SELECT 1").ok());
  EXPECT_EQ(sessions_->transactions(), 1);
  EXPECT_TRUE(sessions_->EndTransaction(named.asker(), /*commit=*/true).ok());
  EXPECT_EQ(RowsForOthers(), 1);
}

TEST_F(ClientSessionsTest, ATransactionThatATextHasEndedIsNoneAnyMore) {
  Open();
  const Client client;
  Client named = client;
  named.transaction = sessions_->BeginTransaction(client.asker()).ValueOrDie();
  ASSERT_TRUE(Run(named, "COMMIT").ok());
  EXPECT_EQ(sessions_->transactions(), 0);
  Client next = client;
  next.transaction = sessions_->BeginTransaction(client.asker()).ValueOrDie();
  ASSERT_TRUE(Run(next, "INSERT INTO t VALUES (1)").ok());
  // Its handle is not that of the one after it.
  EXPECT_EQ(KindOf(sessions_->EndTransaction(named.asker(), false)), ErrorKind::kNotFound);
  EXPECT_EQ(sessions_->transactions(), 1);
  EXPECT_TRUE(sessions_->EndTransaction(next.asker(), /*commit=*/true).ok());
  EXPECT_EQ(RowsForOthers(), 1);
}

TEST_F(ClientSessionsTest, WhatIsReadIsNotIdle) {
  Open({.session_idle_max = std::chrono::milliseconds(20),
        .transaction_idle_max = std::chrono::milliseconds(20)});
  Client client;
  client.session = SessionKey{};
  client.transaction = sessions_->BeginTransaction(client.asker()).ValueOrDie();
  const std::string sql = "SELECT i, hash(i) AS h FROM range(100000000) t(i)";
  const auto place = sessions_->PlaceOf(client.asker(), sql).ValueOrDie();
  auto rows = place->Query({.sql = sql, .parameters = {}}, {}, {}).ValueOrDie();
  const auto until = Clock::now() + std::chrono::milliseconds(100);
  while (Clock::now() < until) ASSERT_EQ(sessions_->transactions(), 1);
  rows.reset();
  WaitUntilNoneIsThere();
  EXPECT_EQ(sessions_->transactions(), 0);
}

}  // namespace
}  // namespace arrowport::service
