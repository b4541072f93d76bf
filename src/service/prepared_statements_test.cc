#include "service/prepared_statements.h"

#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "access/caller.h"
#include "base/error.h"
#include "engine/database.h"
#include "engine/test_batches.h"

namespace arrowport::service {
namespace {

using engine::testing::MakeRows;
using ::testing::HasSubstr;

const access::Caller kAda{.name = "ada"};
const access::Caller kGrace{.name = "grace"};

engine::QueryInfo InfoWith(int parameters) {
  engine::QueryInfo info;
  info.schema = arrow::schema({});
  arrow::FieldVector fields;
  for (int i = 1; i <= parameters; ++i) {
    fields.push_back(arrow::field(std::to_string(i), arrow::int64()));
  }
  info.parameters = arrow::schema(fields);
  return info;
}

TEST(PreparedStatementsTest, BelongToTheirCaller) {
  PreparedStatements statements(std::chrono::hours(1));
  const auto prepared = statements.Add(kAda, "SELECT 1", InfoWith(0)).ValueOrDie();
  EXPECT_EQ(statements.Find(kAda, prepared.handle)->sql, "SELECT 1");
  EXPECT_EQ(KindOf(statements.Find(kGrace, prepared.handle).status()), ErrorKind::kNotFound);
  EXPECT_EQ(KindOf(statements.Close(kGrace, prepared.handle)), ErrorKind::kNotFound);
  EXPECT_EQ(statements.count(), 1);
  EXPECT_TRUE(statements.Close(kAda, prepared.handle).ok());
  EXPECT_EQ(statements.count(), 0);
}

TEST(PreparedStatementsTest, KeepWhatIsBoundUntilOthersAre) {
  PreparedStatements statements(std::chrono::hours(1));
  const auto prepared = statements.Add(kAda, "SELECT ?, ?", InfoWith(2)).ValueOrDie();
  EXPECT_TRUE(statements.Find(kAda, prepared.handle)->bound.empty());
  ASSERT_TRUE(statements.Bind(kAda, prepared.handle, {MakeRows(0, 2)}).ok());
  ASSERT_TRUE(statements.Bind(kAda, prepared.handle, {MakeRows(5, 1)}).ok());
  const auto bound = statements.Find(kAda, prepared.handle)->bound;
  ASSERT_EQ(bound.size(), 1U);
  EXPECT_EQ(bound.front()->num_rows(), 1);
  const auto other = statements.Add(kAda, "SELECT ?", InfoWith(1)).ValueOrDie();
  const Status refused = statements.Bind(kAda, other.handle, {MakeRows(0, 1)});
  EXPECT_EQ(KindOf(refused), ErrorKind::kInvalidInput);
  EXPECT_THAT(refused.message(), HasSubstr("has 1 parameters, and 2 were sent"));
}

TEST(PreparedStatementsTest, AreForgottenOneByOneWhenNobodyUsesThem) {
  PreparedStatements statements(std::chrono::milliseconds(200));
  const auto kept = statements.Add(kAda, "SELECT 1", InfoWith(0)).ValueOrDie();
  (void)statements.Add(kAda, "SELECT 2", InfoWith(0)).ValueOrDie();
  while (statements.count() == 2) EXPECT_TRUE(statements.Find(kAda, kept.handle).ok());
  EXPECT_TRUE(statements.Find(kAda, kept.handle).ok());
  while (statements.count() > 0) std::this_thread::yield();
  EXPECT_EQ(KindOf(statements.Find(kAda, kept.handle).status()), ErrorKind::kNotFound);
}

}  // namespace
}  // namespace arrowport::service
