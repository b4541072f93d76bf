#include "engine/table_read.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <arrow/array.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "engine/database.h"
#include "engine/test_batches.h"

namespace arrowport::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;

class TableReadTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Run(R"(CREATE TABLE "t""x" AS SELECT i AS id, 'row ' || i AS name, i % 3 AS "order"
           FROM range(10) r(i))");
    Run("CREATE TABLE secret AS SELECT 99 AS id, 'hidden' AS name");
  }

  void Run(const std::string& sql) {
    const Status status = testing::ReadAll(*database_, sql).status();
    ASSERT_TRUE(status.ok()) << sql << ": " << status;
  }

  static Result<std::string> Compose(const TableRead& read) {
    return ComposeRead({.catalog = "", .schema = "main", .name = "t\"x"}, {"id", "name", "order"},
                       read);
  }

  Result<std::shared_ptr<arrow::Table>> Read(const TableRead& read) {
    ARROW_ASSIGN_OR_RAISE(const auto sql, Compose(read));
    QueryOptions options;
    options.read_only = true;
    return testing::ReadAll(*database_, sql, options);
  }

  // The column `id`, or whatever is the first one.
  std::vector<int64_t> Ids(const TableRead& read) {
    const auto table = Read(read);
    EXPECT_TRUE(table.ok()) << table.status();
    std::vector<int64_t> ids;
    if (!table.ok()) return ids;
    for (const auto& chunk : (*table)->column(0)->chunks()) {
      const auto& values = static_cast<const arrow::Int64Array&>(*chunk);
      for (int64_t i = 0; i < values.length(); ++i) ids.push_back(values.Value(i));
    }
    return ids;
  }

  const std::shared_ptr<Database> database_ = testing::OpenMemory();
};

TEST_F(TableReadTest, ReadsAllWithoutAWord) {
  EXPECT_EQ(Ids({}).size(), 10U);
  EXPECT_EQ((*Read({}))->num_columns(), 3);
}

TEST_F(TableReadTest, ReadsTheColumnsThatAreNamed) {
  const auto table = *Read({.columns = "ORDER, \"id\",order"});
  EXPECT_THAT(table->ColumnNames(), ElementsAre("order", "id", "order"));
}

TEST_F(TableReadTest, ReadsTheRowsThatAreAskedFor) {
  EXPECT_THAT(Ids({.where = "id < 2"}), ElementsAre(0, 1));
  EXPECT_THAT(Ids({.where = "\"order\" = 2 AND name LIKE '%8'"}), ElementsAre(8));
  EXPECT_THAT(Ids({.where = "id = (SELECT max(id) FROM \"t\"\"x\")"}), ElementsAre(9));
  EXPECT_THAT(Ids({.where = "list_contains(list_filter([1, 2, 3], lambda x: x > 2), id)"}),
              ElementsAre(3));
  EXPECT_THAT(Ids({.where = "id BETWEEN 3 AND 4 -- and a comment"}), ElementsAre(3, 4));
  EXPECT_THAT(Ids({.where = "name = 'row 1; DROP TABLE secret --'"}), IsEmpty());
  EXPECT_THAT(Ids({.where = "false"}), IsEmpty());
}

TEST_F(TableReadTest, ReadsInTheOrderThatIsAskedFor) {
  EXPECT_THAT(Ids({.where = "id < 4", .order_by = "id DESC"}), ElementsAre(3, 2, 1, 0));
  EXPECT_THAT(Ids({.where = "id < 4", .order_by = "\"order\", -id"}), ElementsAre(3, 0, 1, 2));
  EXPECT_THAT(Ids({.where = "id < 3", .order_by = "nullif(id, 1) DESC NULLS FIRST"}),
              ElementsAre(1, 2, 0));
  EXPECT_THAT(Ids({.columns = "id", .where = "id < 3", .order_by = "ALL DESC"}),
              ElementsAre(2, 1, 0));
}

TEST_F(TableReadTest, ReadsAWindowOfTheRows) {
  EXPECT_THAT(Ids({.order_by = "id", .limit = 2, .offset = 3}), ElementsAre(3, 4));
  EXPECT_THAT(Ids({.order_by = "id", .offset = 8}), ElementsAre(8, 9));
  EXPECT_THAT(Ids({.limit = 0}), IsEmpty());
  EXPECT_EQ(Ids({.limit = INT64_MAX, .offset = 1}).size(), 9U);
}

TEST_F(TableReadTest, LetsNoTextOutOfItsPlace) {
  for (const char* where : {"",
                            " ",
                            "1=1) UNION SELECT * FROM secret --",
                            "true UNION SELECT 1, 'x', 1",
                            "true; DROP TABLE secret",
                            "; DROP TABLE secret",
                            "true LIMIT 1",
                            "true ORDER BY id",
                            "true FROM secret",
                            "true, true",
                            "true AS x",
                            "id > 1 GROUP BY id",
                            "true HAVING true",
                            "true WHERE true",
                            "true QUALIFY true",
                            "true USING SAMPLE 1",
                            "DISTINCT true",
                            "(true",
                            "true)",
                            "true) OR (true",
                            "/* true",
                            "'unfinished",
                            "true INTO secret",
                            "WITH a AS (1) 1",
                            "FROM secret",
                            "INSERT INTO secret VALUES (1)",
                            "true FETCH FIRST 1 ROWS ONLY",
                            "id = ?",
                            "id = $1"}) {
    const Status status = Compose({.where = where}).status();
    EXPECT_EQ(KindOf(status), ErrorKind::kInvalidInput) << where;
    EXPECT_THAT(status.message(), StartsWith("where: ")) << where;
  }
  for (const char* order :
       {"", "id LIMIT 1", "id OFFSET 1", "id; DROP TABLE secret", "id UNION SELECT 1", "id) --",
        "id DESC ASC", "id NULLS", "id, ", "id WHERE true", "(SELECT 1", "id FROM secret"}) {
    const Status status = Compose({.order_by = order}).status();
    EXPECT_EQ(KindOf(status), ErrorKind::kInvalidInput) << order;
    EXPECT_THAT(status.message(), StartsWith("order_by: ")) << order;
  }
  EXPECT_EQ(*testing::ReadInt(*database_, "SELECT id FROM secret"), 99);
}

TEST_F(TableReadTest, RefusesNegativeNumbers) {
  EXPECT_THAT(Compose({.limit = -1}).status().message(), StartsWith("limit: "));
  EXPECT_THAT(Compose({.offset = -1}).status().message(), StartsWith("offset: "));
}

TEST_F(TableReadTest, MaySeeOtherTablesAndChangeNone) {
  EXPECT_THAT(Ids({.where = "id + 90 = (SELECT id FROM secret)"}), ElementsAre(9));
  Run("CREATE SEQUENCE s");
  EXPECT_EQ(KindOf(Read({.where = "nextval('s') > 0"}).status()), ErrorKind::kForbidden);
}

}  // namespace
}  // namespace arrowport::engine
