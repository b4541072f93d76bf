#include "cli/query_output.h"

#include <optional>

#include <gtest/gtest.h>

#include "base/error.h"
#include "stream/file.h"

namespace arrowport::cli {
namespace {

using stream::FileFormat;

TEST(QueryOutputTest, WithoutAnythingSaidRowsAreShown) {
  EXPECT_EQ(TargetOf({})->format, std::nullopt);
  EXPECT_EQ(TargetOf({.format = "display"})->format, std::nullopt);
}

TEST(QueryOutputTest, APathTellsItsFormat) {
  EXPECT_EQ(TargetOf({.path = "a.parquet"})->format, FileFormat::kParquet);
  EXPECT_EQ(TargetOf({.path = "a.csv"})->format, FileFormat::kCsv);
  EXPECT_EQ(TargetOf({.path = "a.txt"}).status().message(),
            "'a.txt' does not tell its format; add --output-format");
}

TEST(QueryOutputTest, ASaidFormatWinsOverThePath) {
  EXPECT_EQ(TargetOf({.format = "csv", .path = "a.txt"})->format, FileFormat::kCsv);
  EXPECT_EQ(TargetOf({.format = "arrow", .path = "a.arrow"})->format, FileFormat::kArrowFile);
  EXPECT_EQ(TargetOf({.format = "arrow", .path = "a.arrows"})->format, FileFormat::kArrowStream);
}

TEST(QueryOutputTest, TextWithoutAPathGoesToStandardOutput) {
  EXPECT_EQ(TargetOf({.format = "csv"})->path, "-");
  EXPECT_EQ(TargetOf({.format = "json"})->path, "-");
}

TEST(QueryOutputTest, OldScriptsFindTheirFilesWhereTheyWere) {
  EXPECT_EQ(TargetOf({.format = "csv", .old_paths = true})->path, "query_results.csv");
  EXPECT_EQ(TargetOf({.format = "parquet", .old_paths = true})->path, "query_results.parquet");
  EXPECT_EQ(TargetOf({.format = "csv", .path = "mine.csv", .old_paths = true})->path, "mine.csv");
}

TEST(QueryOutputTest, AnObjectALineIsAFormatOfItsOwn) {
  EXPECT_EQ(TargetOf({.path = "a.ndjson"})->format, FileFormat::kNdjson);
  EXPECT_EQ(TargetOf({.format = "ndjson"})->path, "-");
}

TEST(QueryOutputTest, ATableIsNotWrittenToAFile) {
  EXPECT_EQ(KindOf(TargetOf({.format = "display", .path = "a.csv"}).status()),
            ErrorKind::kInvalidInput);
}

}  // namespace
}  // namespace arrowport::cli
