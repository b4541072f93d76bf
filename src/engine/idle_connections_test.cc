#include "engine/idle_connections.h"

#include <string>
#include <utility>

#include <duckdb.hpp>
#include <duckdb/main/client_context.hpp>
#include <gtest/gtest.h>

namespace arrowport::engine {
namespace {

class IdleConnectionsTest : public testing::Test {
 protected:
  duckdb::unique_ptr<duckdb::Connection> Connect() {
    return duckdb::make_uniq<duckdb::Connection>(instance_);
  }

  static std::string Ask(duckdb::Connection& connection, const std::string& sql) {
    const auto result = connection.Query(sql);
    EXPECT_FALSE(result->HasError()) << result->GetError();
    return result->GetValue(0, 0).ToString();
  }

  duckdb::DuckDB instance_;
  IdleConnections idle_;
};

TEST_F(IdleConnectionsTest, GiveTheOneThatWasKeptLast) {
  auto first = Connect();
  auto second = Connect();
  const auto* const last = second.get();
  idle_.Keep(std::move(first));
  idle_.Keep(std::move(second));
  EXPECT_EQ(idle_.count(), 2);
  const auto taken = idle_.Take();
  EXPECT_EQ(taken.get(), last);
  EXPECT_EQ(Ask(*taken, "SELECT 42"), "42");
  EXPECT_EQ(idle_.count(), 1);
}

TEST_F(IdleConnectionsTest, AreNoneAtFirstAndAfterClear) {
  EXPECT_EQ(idle_.Take(), nullptr);
  idle_.Keep(Connect());
  idle_.Clear();
  EXPECT_EQ(idle_.Take(), nullptr);
}

TEST_F(IdleConnectionsTest, AreNotMoreThanAreOfUse) {
  for (int i = 0; i < 100; ++i) idle_.Keep(Connect());
  EXPECT_EQ(idle_.count(), 32);
}

TEST_F(IdleConnectionsTest, DoNotTellOfTheirSeed) {
  std::string random;
  for (int i = 0; i < 3; ++i) {
    auto connection = idle_.Take();
    if (connection == nullptr) connection = Connect();
    const std::string next = Ask(*connection, "SELECT random()");
    EXPECT_NE(next, random);
    random = next;
    Ask(*connection, "SELECT setseed(0.5)");
    idle_.Keep(std::move(connection));
    EXPECT_EQ(idle_.count(), 1);
  }
}

TEST_F(IdleConnectionsTest, AreDroppedWhenSomethingIsLeftInThem) {
  for (const char* sql : {"BEGIN", "SET VARIABLE mine = 1", "SELECT 1 FROM enable_profiling()"}) {
    auto connection = Connect();
    const auto result = connection->Query(sql);
    ASSERT_FALSE(result->HasError()) << result->GetError();
    idle_.Keep(std::move(connection));
    EXPECT_EQ(idle_.count(), 0) << sql;
  }
}

}  // namespace
}  // namespace arrowport::engine
