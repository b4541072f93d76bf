#include "engine/data_files.h"

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "engine/data_source.h"
#include "engine/database.h"
#include "engine/table.h"
#include "engine/test_batches.h"

namespace arrowport::engine {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::ReadAll;
using testing::ReadInt;

class DataFilesTest : public ::testing::Test {
 protected:
  DataFilesTest()
      : folder_(std::filesystem::path(::testing::TempDir()) /
                ::testing::UnitTest::GetInstance()->current_test_info()->name()) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directory(folder_);
  }

  [[nodiscard]] std::string Path(const std::string& name) const { return folder_ / name; }

  void WriteText(const std::string& name, const std::string& text) const {
    std::ofstream(Path(name)) << text;
  }

  // Rows with the columns that `select` gives.
  void WriteParquet(const std::string& name, const std::string& select) const {
    const auto writer = testing::OpenMemory();
    const auto written =
        ReadAll(*writer, "COPY (" + select + ") TO '" + Path(name) + "' (FORMAT parquet)");
    ASSERT_TRUE(written.ok()) << written.status();
  }

  [[nodiscard]] DataSource Folder() const {
    return {.view = "dataset", .pattern = folder_, .view_per_file = true, .option = "--here"};
  }

  static Result<std::shared_ptr<Database>> Open(std::vector<DataSource> sources) {
    return Database::Open({.threads = 2, .data_sources = std::move(sources)});
  }

  static std::vector<std::string> NamesIn(Database& database) {
    std::vector<std::string> names;
    for (const TableInfo& table : *database.ListTables({})) names.push_back(table.name.ToString());
    return names;
  }

  static TableName Named(const std::string& name) {
    return {.catalog = "", .schema = "", .name = name};
  }

  static std::string ErrorOf(Database& database, const std::string& sql) {
    return ReadAll(database, sql).status().message();
  }

  const std::filesystem::path folder_;
};

TEST_F(DataFilesTest, ServesAFolderAsOneViewAndOneForEachFile) {
  WriteParquet("a.parquet", "SELECT 1 AS i");
  WriteText("b.csv", "i,s\n2,x\n3,y\n");
  WriteText("c.ndjson", "{\"i\": 4}\n");
  WriteText("notes.txt", "nothing to read");
  const auto database = *Open({Folder()});
  EXPECT_EQ(ReadInt(*database, "SELECT sum(i)::BIGINT FROM dataset"), 10);
  EXPECT_EQ(ReadInt(*database, "SELECT count(*) FROM dataset WHERE s IS NULL"), 2);
  EXPECT_EQ(ReadInt(*database, "SELECT sum(i)::BIGINT FROM file_1"), 5);
  EXPECT_EQ(ReadInt(*database, "SELECT sum(i)::BIGINT FROM c"), 4);
  EXPECT_THAT(NamesIn(*database),
              ElementsAre("a", "b", "c", "dataset", "file_0", "file_1", "file_2"));
}

TEST_F(DataFilesTest, SeesANewFileWithTheNextStatement) {
  WriteParquet("b.parquet", "SELECT 1 AS i");
  const auto database = *Open({Folder()});
  for (int i = 2; i < 30; ++i) {
    WriteParquet("a" + std::to_string(i) + ".parquet", "SELECT " + std::to_string(i) + " AS i");
    ASSERT_EQ(ReadInt(*database, "SELECT count(*) FROM dataset"), i);
    ASSERT_EQ(ReadInt(*database, "SELECT i::BIGINT FROM file_" + std::to_string(i - 1)), i);
  }
  EXPECT_EQ(ReadInt(*database, "SELECT i::BIGINT FROM file_0"), 1);
}

TEST_F(DataFilesTest, ColumnsMayComeWithNewFiles) {
  WriteParquet("a.parquet", "SELECT 1 AS i");
  const auto database = *Open({Folder()});
  EXPECT_EQ(ReadInt(*database, "SELECT count(*) FROM dataset"), 1);
  WriteParquet("b.parquet", "SELECT 2 AS j, 'x' AS s");
  EXPECT_EQ(ReadInt(*database, "SELECT count(*) FROM dataset WHERE j = 2 AND i IS NULL"), 1);
  EXPECT_EQ(database->DescribeTable(Named("dataset"), {})->schema->num_fields(), 3);
}

TEST_F(DataFilesTest, TheTablesOfTheDatabaseGoFirst) {
  WriteParquet("trips.parquet", "SELECT 1 AS i");
  const auto database = *Open({Folder()});
  ASSERT_TRUE(ReadAll(*database, "CREATE TABLE trips AS SELECT 7::BIGINT AS i").ok());
  EXPECT_EQ(ReadInt(*database, "SELECT i FROM trips"), 7);
  EXPECT_EQ(ReadInt(*database, "SELECT i::BIGINT FROM data_files.trips"), 1);
  EXPECT_THAT(NamesIn(*database), Contains(std::string(kDataCatalog) + ".main.trips"));
  EXPECT_THAT(NamesIn(*database), Contains("trips"));
  ASSERT_TRUE(ReadAll(*database, "DROP TABLE trips").ok());
  EXPECT_EQ(ReadInt(*database, "SELECT i::BIGINT FROM trips"), 1);
}

TEST_F(DataFilesTest, LeavesNothingInTheDatabaseFile) {
  WriteParquet("a.parquet", "SELECT 1 AS i");
  const std::string path = Path("lake.duckdb");
  {
    const auto database = *Database::Open({.path = path, .data_sources = {Folder()}});
    EXPECT_EQ(ReadInt(*database, "SELECT count(*) FROM dataset"), 1);
    ASSERT_TRUE(ReadAll(*database, "CREATE TABLE own AS FROM dataset").ok());
    ASSERT_TRUE(database->Close().ok());
  }
  const auto database = *Database::Open({.path = path});
  EXPECT_THAT(NamesIn(*database), ElementsAre("own"));
}

TEST_F(DataFilesTest, OneBrokenFileBreaksOnlyWhatReadsIt) {
  WriteParquet("a.parquet", "SELECT 1 AS i");
  WriteText("broken.parquet", "this is no Parquet file");
  const auto database = *Open({Folder()});
  EXPECT_EQ(ReadInt(*database, "SELECT i::BIGINT FROM a"), 1);
  EXPECT_THAT(ErrorOf(*database, "FROM dataset"), HasSubstr("broken.parquet"));
  EXPECT_THAT(ErrorOf(*database, "FROM file_1"), HasSubstr("broken.parquet"));
  EXPECT_THAT(NamesIn(*database), ElementsAre("a", "file_0"));
  WriteParquet("broken.parquet", "SELECT 2 AS i");
  EXPECT_EQ(ReadInt(*database, "SELECT sum(i)::BIGINT FROM dataset"), 3);
}

TEST_F(DataFilesTest, AFileThatGoesAwayIsNamedByItsOwnViews) {
  WriteParquet("a.parquet", "SELECT 1 AS i");
  WriteParquet("b.parquet", "SELECT 2 AS i");
  const auto database = *Open({Folder()});
  std::filesystem::remove(Path("a.parquet"));
  EXPECT_EQ(ReadInt(*database, "SELECT i::BIGINT FROM dataset"), 2);
  EXPECT_THAT(ErrorOf(*database, "FROM file_0"), HasSubstr("a.parquet"));
  EXPECT_EQ(ReadInt(*database, "SELECT i::BIGINT FROM file_1"), 2);
  WriteParquet("a.parquet", "SELECT 3 AS i");
  EXPECT_EQ(ReadInt(*database, "SELECT i::BIGINT FROM file_0"), 3);
}

TEST_F(DataFilesTest, AFolderMayBeEmptyAtFirst) {
  const auto database = *Open({Folder()});
  EXPECT_THAT(ErrorOf(*database, "FROM dataset"), HasSubstr(folder_.string()));
  WriteParquet("a.parquet", "SELECT 1 AS i");
  EXPECT_EQ(ReadInt(*database, "SELECT i::BIGINT FROM dataset"), 1);
}

TEST_F(DataFilesTest, NamesThatAreNoPlainWordsAreQuoted) {
  WriteParquet("a-b.2026.parquet", "SELECT 1 AS i");
  WriteParquet("say \"hi\" [x]*.parquet", "SELECT 2 AS i");
  const auto database = *Open({Folder()});
  EXPECT_EQ(ReadInt(*database, R"(SELECT i::BIGINT FROM "a-b.2026")"), 1);
  EXPECT_EQ(ReadInt(*database, R"(SELECT i::BIGINT FROM "say ""hi"" [x]*")"), 2);
  EXPECT_EQ(ReadInt(*database, "SELECT sum(i)::BIGINT FROM dataset"), 3);
}

TEST_F(DataFilesTest, AGlobMayGoThroughFolders) {
  std::filesystem::create_directories(Path("year=2026"));
  WriteParquet("year=2026/a.parquet", "SELECT 1 AS i");
  const auto database = *Open({{.view = "trips", .pattern = Path("*/*.parquet")},
                               {.view = "deep", .pattern = Path("**/*.parquet")}});
  EXPECT_EQ(ReadInt(*database, "SELECT count(*) FROM trips WHERE year = 2026"), 1);
  EXPECT_EQ(ReadInt(*database, "SELECT count(*) FROM deep"), 1);
  EXPECT_THAT(NamesIn(*database), ElementsAre("deep", "trips"));
}

TEST_F(DataFilesTest, TheRowsOfParquetFilesAreKnownAndOfTextsNot) {
  WriteParquet("a.parquet", "SELECT i FROM range(1000) t(i)");
  WriteText("b.csv", "i\n1\n");
  const auto database = *Open({Folder()});
  EXPECT_EQ(database->DescribeTable(Named("a"), {})->rows, 1000);
  EXPECT_EQ(database->DescribeTable(Named("b"), {})->rows, -1);
  EXPECT_EQ(database->DescribeTable(Named("dataset"), {})->rows, -1);
  EXPECT_EQ(*database->KnownRows({"SELECT i, i AS j FROM a ORDER BY i", {}}, {}), 1000);
  for (const char* sql : {"FROM b", "SELECT i FROM a LIMIT 5", "SELECT count(*) FROM a",
                          "SELECT DISTINCT i FROM a", "FROM a WHERE i = 1", "FROM a, a AS c",
                          "FROM a TABLESAMPLE 10%", "WITH a AS (SELECT 1) FROM a", "FROM missing",
                          "SELECT unnest([i, i]) FROM a", "SELECT 1"}) {
    EXPECT_EQ(database->KnownRows({sql, {}}, {}).ValueOr(-1), -1) << sql;
  }
}

TEST_F(DataFilesTest, RowsCannotBePutIntoThem) {
  WriteParquet("a.parquet", "SELECT 1 AS i");
  const auto database = *Open({Folder()});
  const auto append = database->BeginAppend(Named("a"), testing::MakeRows(0, 1)->schema(), {}, {});
  EXPECT_EQ(KindOf(append.status()), ErrorKind::kConflict);
  EXPECT_FALSE(ReadAll(*database, "INSERT INTO a VALUES (1)").ok());
}

TEST_F(DataFilesTest, WhatIsNotThereAtTheStartIsRefused) {
  const auto refused = [&](const std::string& pattern) {
    return Open({{.view = "dataset", .pattern = pattern, .option = "--here"}}).status();
  };
  for (const std::string& pattern : {Path("missing.parquet"), Path("missing/*.parquet")}) {
    EXPECT_EQ(KindOf(refused(pattern)), ErrorKind::kNotFound) << pattern;
    EXPECT_THAT(refused(pattern).message(), HasSubstr("--here: there is no ")) << pattern;
    EXPECT_THAT(refused(pattern).message(), HasSubstr(pattern));
  }
  WriteText("notes.txt", "no data");
  EXPECT_EQ(KindOf(refused(Path("notes.txt"))), ErrorKind::kInvalidInput);
  EXPECT_EQ(KindOf(refused("s3://lake/folder")), ErrorKind::kInvalidInput);
  EXPECT_TRUE(refused(Path("*.parquet")).ok()) << "files may come later";
}

TEST_F(DataFilesTest, ADatabaseFileOfTheSameNameIsRefused) {
  WriteParquet("a.parquet", "SELECT 1 AS i");
  const auto database =
      Database::Open({.path = Path("data_files.duckdb"), .data_sources = {Folder()}});
  EXPECT_EQ(KindOf(database.status()), ErrorKind::kConflict);
}

}  // namespace
}  // namespace arrowport::engine
