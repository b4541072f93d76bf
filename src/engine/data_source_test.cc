#include "engine/data_source.h"

#include <optional>

#include <gtest/gtest.h>

namespace arrowport::engine {
namespace {

TEST(DataSourceTest, ReadsTheFormatFromTheEnding) {
  EXPECT_EQ(DataFormatOf("/lake/trips.parquet"), DataFormat::kParquet);
  EXPECT_EQ(DataFormatOf("TRIPS.PARQUET"), DataFormat::kParquet);
  EXPECT_EQ(DataFormatOf("s3://lake/*/trips-*.parquet"), DataFormat::kParquet);
  EXPECT_EQ(DataFormatOf("https://host/trips.parquet?token=a/b.csv"), DataFormat::kParquet);
  EXPECT_EQ(DataFormatOf("a.csv"), DataFormat::kCsv);
  EXPECT_EQ(DataFormatOf("a.csv.gz"), DataFormat::kCsv);
  EXPECT_EQ(DataFormatOf("a.csv.zst"), DataFormat::kCsv);
  EXPECT_EQ(DataFormatOf("a.json"), DataFormat::kJson);
  EXPECT_EQ(DataFormatOf("a.ndjson.gz"), DataFormat::kJson);
  EXPECT_EQ(DataFormatOf("a.jsonl"), DataFormat::kJson);
}

TEST(DataSourceTest, KnowsNoFormatOfOtherEndings) {
  for (const char* path : {"", "trips", "trips.txt", "trips.parquet.tmp", "trips.parquet.gz",
                           "lake.parquet/trips", "trips.gz", "*"}) {
    EXPECT_EQ(DataFormatOf(path), std::nullopt) << path;
  }
}

TEST(DataSourceTest, NamesAFileByWhatStandsBeforeItsEnding) {
  EXPECT_EQ(StemOf("/lake/trips.parquet"), "trips");
  EXPECT_EQ(StemOf("trips.csv.gz"), "trips");
  EXPECT_EQ(StemOf("/lake.d/a-b.2026.json"), "a-b.2026");
  EXPECT_EQ(StemOf("https://host/trips.csv?x=/y"), "trips");
  EXPECT_EQ(StemOf("/lake/other.txt"), "other.txt");
}

TEST(DataSourceTest, FindsTheFolderThatAPatternBeginsIn) {
  EXPECT_EQ(FolderOf("/lake/*.parquet"), "/lake");
  EXPECT_EQ(FolderOf("/lake/2026-*/*.csv"), "/lake");
  EXPECT_EQ(FolderOf("/*.csv"), "/");
  EXPECT_EQ(FolderOf("*.csv"), ".");
  EXPECT_EQ(FolderOf("lake/trips.csv"), "lake");
}

TEST(DataSourceTest, TellsAddressesAndWildcards) {
  EXPECT_TRUE(IsRemote("s3://lake/a.parquet"));
  EXPECT_FALSE(IsRemote("/lake/a.parquet"));
  EXPECT_TRUE(HasWildcard("/lake/?.csv"));
  EXPECT_FALSE(HasWildcard("/lake/a.csv"));
  EXPECT_EQ(LiteralPattern("/lake/a[1]*.csv"), "/lake/a[[]1][*].csv");
}

}  // namespace
}  // namespace arrowport::engine
