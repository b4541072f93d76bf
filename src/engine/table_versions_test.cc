#include "engine/table_versions.h"

#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "base/error.h"
#include "engine/database.h"
#include "engine/table.h"
#include "engine/test_batches.h"

namespace arrowport::engine {
namespace {

using testing::Land;
using testing::MakeRows;
using testing::OpenMemory;
using testing::ReadAll;

class TableVersionsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Run("CREATE TABLE a AS SELECT 1 AS i");
    Run("CREATE TABLE b AS SELECT 1 AS i");
  }

  void Run(const std::string& sql) {
    const Status status = ReadAll(*database_, sql).status();
    ASSERT_TRUE(status.ok()) << sql << ": " << status;
  }

  Result<VersionedTable> Find(const std::string& table) {
    ARROW_ASSIGN_OR_RAISE(const auto name, TableName::Parse(table));
    return database_->TableVersion(name);
  }

  std::string VersionOf(const std::string& table) { return Find(table).ValueOrDie().version; }

  // Which of the two tables `sql` makes another version of: "", "a", "b" or "ab".
  std::string ChangedBy(const std::string& sql) {
    const std::string a = VersionOf("a");
    const std::string b = VersionOf("b");
    Run(sql);
    return std::string(VersionOf("a") == a ? "" : "a") + (VersionOf("b") == b ? "" : "b");
  }

  const std::shared_ptr<Database> database_ = OpenMemory();
};

TEST_F(TableVersionsTest, StaysWhileNothingIsWritten) {
  for (const char* sql : {"FROM a", "SELECT a.i FROM a, b", "EXPLAIN FROM a", "SUMMARIZE a",
                          "COPY a TO '/dev/null'", "SELECT 1; FROM b"}) {
    EXPECT_EQ(ChangedBy(sql), "") << sql;
  }
}

TEST_F(TableVersionsTest, ChangesWithTheTableThatIsWrittenTo) {
  Run("CREATE TABLE keyed (k INT PRIMARY KEY, v INT)");
  const std::string merge =
      "MERGE INTO a USING b ON a.i = b.i WHEN MATCHED THEN UPDATE SET i = 1 "
      "WHEN NOT MATCHED THEN INSERT VALUES (7)";
  for (const std::string& sql :
       {std::string("INSERT INTO a VALUES (2)"), std::string("INSERT INTO a FROM b"),
        std::string("UPDATE a SET i = 3"), std::string("DELETE FROM a WHERE i IN (FROM b)"),
        std::string("INSERT INTO a VALUES (4) RETURNING i"), std::string("TRUNCATE a"),
        std::string("EXPLAIN ANALYZE INSERT INTO a VALUES (5)"), merge}) {
    EXPECT_TRUE(ChangedBy(sql).starts_with('a')) << sql;
  }
  EXPECT_EQ(ChangedBy("INSERT INTO a VALUES (2)"), "a");
  EXPECT_EQ(ChangedBy("UPDATE b SET i = 2"), "b");
  EXPECT_EQ(ChangedBy("DELETE FROM b"), "b");
  EXPECT_EQ(ChangedBy("INSERT INTO keyed VALUES (1, 1)"), "");
  EXPECT_EQ(ChangedBy("INSERT INTO keyed VALUES (1, 2) ON CONFLICT DO UPDATE SET v = 2"), "");
  EXPECT_EQ(ChangedBy("CREATE TABLE c AS FROM a"), "");
  EXPECT_EQ(ChangedBy("CREATE OR REPLACE TABLE a AS SELECT 2 AS i"), "a");
  EXPECT_EQ(ChangedBy("MERGE INTO b USING a ON a.i = b.i WHEN NOT MATCHED THEN INSERT"), "b");
}

TEST_F(TableVersionsTest, ChangesWithAnythingThatMayBeAboutAnyTable) {
  for (const char* sql :
       {"ALTER TABLE a ADD COLUMN j INT", "CREATE TABLE d (i INT)", "ALTER TABLE d RENAME TO e",
        "DROP TABLE e", "BEGIN; INSERT INTO a(i) VALUES (1); COMMIT", "DELETE FROM a; FROM b",
        "CALL pragma_version()", "CHECKPOINT", "ATTACH ':memory:' AS other"}) {
    EXPECT_EQ(ChangedBy(sql), "ab") << sql;
  }
}

TEST_F(TableVersionsTest, ChangesWithAPutBeforeThePutIsAnswered) {
  ASSERT_TRUE(Land(*database_, "trips", {MakeRows(0, 10)}).ok());
  const std::string before = VersionOf("trips");
  const std::string other = VersionOf("a");
  ASSERT_TRUE(Land(*database_, "trips", {MakeRows(10, 10)}).ok());
  EXPECT_NE(VersionOf("trips"), before);
  ASSERT_TRUE(Land(*database_, "new", {MakeRows(0, 10)}).ok());
  EXPECT_EQ(VersionOf("a"), other);
}

TEST_F(TableVersionsTest, IsTheSameByEachNameOfATable) {
  EXPECT_EQ(Find("A")->name, Find("memory.main.a")->name);
  EXPECT_EQ(Find("a")->name, (TableName{.catalog = "memory", .schema = "main", .name = "a"}));
  EXPECT_EQ(VersionOf("A"), VersionOf("main.a"));
  Run("CREATE SCHEMA s; CREATE TABLE s.a AS SELECT 1 AS i");
  const std::string before = VersionOf("s.a");
  Run("DELETE FROM main.a");
  EXPECT_EQ(VersionOf("s.a"), before);
}

TEST_F(TableVersionsTest, ThereIsNoneOfWhatIsNotThereOrNoTable) {
  Run("CREATE VIEW v AS FROM a");
  for (const char* name : {"v", "nothing", "no.schema", "information_schema.tables"}) {
    EXPECT_EQ(KindOf(Find(name).status()), ErrorKind::kNotFound) << name;
  }
}

TEST_F(TableVersionsTest, IsAnotherOneInEachDatabase) {
  const auto other = OpenMemory();
  ASSERT_TRUE(ReadAll(*other, "CREATE TABLE a AS SELECT 1 AS i").ok());
  EXPECT_NE(other->TableVersion({.catalog = "", .schema = "", .name = "a"})->version,
            VersionOf("a"));
}

// While a version stays, at most the one commit that is under way comes to light.
TEST_F(TableVersionsTest, StaysForNoTwoCommits) {
  Run("UPDATE a SET i = 0");
  std::jthread writer([this] {
    for (int i = 1; i <= 200; ++i) Run("UPDATE a SET i = i + 1");
  });
  std::string last_version;
  int64_t last_row = 0;
  while (last_row < 200) {
    const std::string version = VersionOf("a");
    const int64_t row = *testing::ReadInt(*database_, "SELECT i FROM a");
    if (VersionOf("a") != version) continue;
    if (version == last_version) {
      ASSERT_LE(row, last_row + 1);
    }
    last_version = version;
    last_row = row;
  }
}

TEST(TableVersionsAloneTest, CountsOneTableTooManyForAll) {
  TableVersions versions;
  const TableName first{.catalog = "c", .schema = "s", .name = "first"};
  const std::string start = versions.Of(first);
  for (int i = 0; i < 10'000; ++i) {
    versions.Change(
        {.all = false, .tables = {{.catalog = "c", .schema = "s", .name = std::to_string(i)}}});
  }
  EXPECT_EQ(versions.Of(first), start);
  versions.Change({.all = false, .tables = {{.catalog = "c", .schema = "s", .name = "more"}}});
  EXPECT_NE(versions.Of(first), start);
}

}  // namespace
}  // namespace arrowport::engine
