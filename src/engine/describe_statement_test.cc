#include "engine/describe_statement.h"

#include <memory>
#include <string>

#include <arrow/api.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "engine/database.h"
#include "engine/result_stream.h"
#include "engine/test_batches.h"

namespace arrowport::engine {
namespace {

using testing::OpenMemory;
using testing::ReadAll;

class DescribeStatementTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(ReadAll(*database_, "CREATE TABLE t(id BIGINT, fare DOUBLE, name VARCHAR)").ok());
  }

  std::string Parameters(const std::string& sql) {
    const auto info = database_->DescribeQuery({.sql = sql, .parameters = {}}, {}, {});
    return info.ok() ? info->parameters->ToString() : info.status().ToString();
  }

  std::shared_ptr<Database> database_ = OpenMemory();
};

TEST_F(DescribeStatementTest, TellsTheTypesOfParameters) {
  EXPECT_EQ(Parameters("SELECT * FROM t WHERE id = ? AND name = ?"), "1: int64\n2: string");
  EXPECT_EQ(Parameters("INSERT INTO t VALUES (?, ?, ?)"), "1: int64\n2: double\n3: string");
  EXPECT_EQ(Parameters("SELECT ?::DATE"), "1: date32[day]");
}

TEST_F(DescribeStatementTest, GuessesThoseThatDuckDbCannotTell) {
  EXPECT_EQ(Parameters("UPDATE t SET fare = fare + ? WHERE id = ?"), "1: double\n2: int64");
  EXPECT_EQ(Parameters("SELECT id + ? FROM t"), "1: int64");
  EXPECT_EQ(Parameters("SELECT ?, id FROM t WHERE id = ?"), "1: string\n2: int64");
}

TEST_F(DescribeStatementTest, SaysThatSeveralCannotBe) {
  const auto several =
      database_->DescribeQuery({.sql = "SELECT 1; SELECT 2", .parameters = {}}, {}, {});
  EXPECT_EQ(KindOf(several.status()), ErrorKind::kNotImplemented);
  const auto none = database_->DescribeQuery({.sql = "-- nothing", .parameters = {}}, {}, {});
  EXPECT_EQ(KindOf(none.status()), ErrorKind::kInvalidInput);
  EXPECT_NE(none.status().message().find("the SQL text holds no statement"), std::string::npos);
}

TEST_F(DescribeStatementTest, APointQueryIsDescribedAsTheTableIsNow) {
  const Statement point = {.sql = "SELECT * FROM t WHERE id = ?",
                           .parameters = {arrow::MakeScalar(int64_t{1})}};
  const auto columns = [&] {
    const auto info = database_->DescribeQuery(point, {}, {});
    return info.ok() ? info->schema->ToString() : info.status().ToString();
  };
  ASSERT_TRUE(ReadAll(*database_, "INSERT INTO t SELECT range, 0, 'n' FROM range(9)").ok());
  const std::string as_made = "id: int64\nfare: double\nname: string";
  EXPECT_EQ(columns(), as_made);
  // Its connection keeps the plan, and it is that one which describes it next.
  ASSERT_TRUE(ToReader(database_->Query(point, {}, {}).ValueOrDie())->ToTable().ok());
  EXPECT_EQ(columns(), as_made);
  const auto again = database_->DescribeQuery(point, {.ordered = false}, {});
  ASSERT_TRUE(again.ok());
  EXPECT_FALSE(again->ordered);
  EXPECT_FALSE(again->writes);
  EXPECT_TRUE(again->returns_rows);
  EXPECT_EQ(again->parameters->ToString(), "1: int64");
  ASSERT_TRUE(ReadAll(*database_, "ALTER TABLE t DROP COLUMN fare").ok());
  EXPECT_EQ(columns(), "id: int64\nname: string");
  ASSERT_TRUE(ReadAll(*database_, "DROP TABLE t").ok());
  EXPECT_EQ(KindOf(database_->DescribeQuery(point, {}, {}).status()), ErrorKind::kNotFound);
}

TEST_F(DescribeStatementTest, NullsKeepTheirTypes) {
  const auto columns = [this](const std::shared_ptr<arrow::DataType>& type) {
    const auto info = database_->DescribeQuery(
        {.sql = "SELECT ? AS x", .parameters = {arrow::MakeNullScalar(type)}}, {}, {});
    return info.ok() ? info->schema->field(0)->type()->ToString() : info.status().ToString();
  };
  for (const auto& type :
       {arrow::int64(), arrow::utf8(), arrow::date32(), arrow::decimal128(9, 2),
        arrow::list(arrow::int64()), arrow::struct_({arrow::field("a", arrow::utf8())})}) {
    EXPECT_EQ(columns(type), type->ToString()) << *type;
  }
}

}  // namespace
}  // namespace arrowport::engine
