#include "stream/file.h"

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <ios>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <arrow/array.h>
#include <arrow/io/compressed.h>
#include <arrow/io/file.h>
#include <arrow/json/from_string.h>
#include <arrow/record_batch.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <arrow/util/compression.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>

#include "base/error.h"
#include "base/ids.h"
#include "base/limits.h"
#include "stream/generator.h"
#include "stream/ipc_samples.h"
#include "stream/type_samples.h"

namespace arrowport::stream {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

class FileTest : public testing::Test {
 protected:
  FileTest() { std::filesystem::create_directories(folder_); }
  ~FileTest() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::string PathOf(const std::string& name) const { return folder_ / name; }

  [[nodiscard]] std::string WriteText(const std::string& name, std::string_view text) const {
    const std::string path = PathOf(name);
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }

  [[nodiscard]] std::vector<std::string> FileNames() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      names.push_back(entry.path().filename());
    }
    return names;
  }

  const std::filesystem::path folder_ =
      std::filesystem::path(testing::TempDir()) / ("file_test_" + NewId());
};

std::string TextOf(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return std::move(text).str();
}

Result<std::unique_ptr<FileSink>> OpenSink(const std::string& path, const Batches& batches) {
  const auto format = FormatOfPath(path);
  if (!format.has_value()) return MakeError(ErrorKind::kInternal, "a name without a format");
  return OpenFileSink(path, *format, batches.front()->schema());
}

Status WriteFile(const std::string& path, const Batches& batches) {
  ARROW_ASSIGN_OR_RAISE(auto sink, OpenSink(path, batches));
  for (const auto& batch : batches) ARROW_RETURN_NOT_OK(sink->Write(batch));
  return sink->Close();
}

Result<std::shared_ptr<arrow::Table>> ReadFile(const std::string& path) {
  ARROW_ASSIGN_OR_RAISE(auto source, OpenFileSource(path));
  return source->reader()->ToTable();
}

std::shared_ptr<arrow::Table> TableOf(const Batches& batches) {
  return arrow::Table::FromRecordBatches(batches).ValueOrDie();
}

Batches Generated(int64_t rows, int64_t batch_rows) {
  return MakeGenerator({.rows = rows, .batch_rows = batch_rows})->ToRecordBatches().ValueOrDie();
}

std::shared_ptr<arrow::ChunkedArray> ColumnOf(const std::string& path, const std::string& name) {
  return ReadFile(path).ValueOrDie()->GetColumnByName(name);
}

void ExpectValues(const std::shared_ptr<arrow::ChunkedArray>& column,
                  const std::shared_ptr<arrow::DataType>& type, const std::string& json) {
  const arrow::ChunkedArray expected({arrow::json::ArrayFromJSONString(type, json).ValueOrDie()});
  EXPECT_TRUE(column->Equals(expected)) << column->ToString();
}

TEST(FormatOfPathTest, GoesByTheEndingInAnyCase) {
  EXPECT_EQ(FormatOfPath("a.parquet"), FileFormat::kParquet);
  EXPECT_EQ(FormatOfPath("A.PARQUET"), FileFormat::kParquet);
  EXPECT_EQ(FormatOfPath("dir.csv/a.arrow"), FileFormat::kArrowFile);
  EXPECT_EQ(FormatOfPath("a.feather"), FileFormat::kArrowFile);
  EXPECT_EQ(FormatOfPath("a.arrows"), FileFormat::kArrowStream);
  EXPECT_EQ(FormatOfPath("a.csv.gz"), FileFormat::kCsv);
  EXPECT_EQ(FormatOfPath("a.ndjson"), FileFormat::kNdjson);
  EXPECT_EQ(FormatOfPath("a.txt"), std::nullopt);
  EXPECT_EQ(FormatOfPath("-"), std::nullopt);
}

class FileFormatTest : public FileTest, public testing::WithParamInterface<const char*> {};

TEST_P(FileFormatTest, GivesBackTheRowsThatWereWritten) {
  const Batches sent = Generated(5'000, 1'234);
  const std::string path = PathOf(std::string("rows") + GetParam());
  ASSERT_TRUE(WriteFile(path, sent).ok());
  const auto received = ReadFile(path);
  ASSERT_TRUE(received.ok()) << received.status();
  EXPECT_EQ((*received)->num_rows(), 5'000);
  const auto id = (*received)->GetColumnByName("id");
  EXPECT_TRUE(id->Equals(*TableOf(sent)->GetColumnByName("id"))) << id->type()->ToString();
  const auto value = (*received)->GetColumnByName("value1");
  EXPECT_TRUE(value->Equals(*TableOf(sent)->GetColumnByName("value1")));
}

TEST_P(FileFormatTest, CountsItsBytesUntilItsEnd) {
  const std::string path = PathOf(std::string("rows") + GetParam());
  ASSERT_TRUE(WriteFile(path, Generated(5'000, 1'000)).ok());
  const auto source = OpenFileSource(path).ValueOrDie();
  EXPECT_EQ(source->bytes(), static_cast<int64_t>(std::filesystem::file_size(path)));
  ASSERT_TRUE(source->reader()->ToTable().ok());
  EXPECT_GT(source->bytes_read(), source->bytes() / 2);
  EXPECT_LE(source->bytes_read(), source->bytes());
}

TEST_P(FileFormatTest, LeavesNothingBehindWhenItIsNotClosed) {
  const std::string path = PathOf(std::string("rows") + GetParam());
  const Batches batches = Generated(10, 10);
  {
    auto sink = OpenSink(path, batches).ValueOrDie();
    ASSERT_TRUE(sink->Write(batches[0]).ok());
  }
  EXPECT_THAT(FileNames(), IsEmpty());
}

TEST_P(FileFormatTest, KeepsAnOlderFileUntilTheNewOneIsComplete) {
  const std::string path = WriteText(std::string("rows") + GetParam(), "older");
  const Batches batches = Generated(10, 10);
  auto sink = OpenSink(path, batches).ValueOrDie();
  ASSERT_TRUE(sink->Write(batches[0]).ok());
  EXPECT_EQ(TextOf(path), "older");
  ASSERT_TRUE(sink->Close().ok());
  EXPECT_NE(TextOf(path), "older");
  EXPECT_EQ(FileNames().size(), 1U);
}

INSTANTIATE_TEST_SUITE_P(Formats, FileFormatTest,
                         testing::Values(".parquet", ".arrow", ".arrows", ".csv", ".csv.gz",
                                         ".json", ".ndjson"));

TEST_F(FileTest, CompressesTextWhereItsNameSaysSo) {
  const Batches batches = Generated(1'000, 1'000);
  ASSERT_TRUE(WriteFile(PathOf("a.csv"), batches).ok());
  ASSERT_TRUE(WriteFile(PathOf("a.csv.gz"), batches).ok());
  EXPECT_TRUE(TextOf(PathOf("a.csv.gz")).starts_with("\x1f\x8b"));
  EXPECT_LT(std::filesystem::file_size(PathOf("a.csv.gz")),
            std::filesystem::file_size(PathOf("a.csv")));
}

TEST_F(FileTest, TellsThatADeviceIsFull) {
  const auto sink = OpenFileSink("/dev/full", FileFormat::kCsv, Generated(1, 1).front()->schema());
  EXPECT_THAT(sink.status().message(), HasSubstr("No space left"));
}

class CutFileTest : public FileTest, public testing::WithParamInterface<const char*> {};

TEST_P(CutFileTest, IsRefusedByItsName) {
  const std::string path = PathOf(std::string("rows") + GetParam());
  ASSERT_TRUE(WriteFile(path, Generated(5'000, 1'000)).ok());
  const std::string cut = WriteText(std::string("cut") + GetParam(),
                                    TextOf(path).substr(0, std::filesystem::file_size(path) / 2));
  const Status status = ReadFile(cut).status();
  EXPECT_EQ(KindOf(status), ErrorKind::kInvalidInput) << status;
  EXPECT_THAT(status.message(), HasSubstr(cut));
}

INSTANTIATE_TEST_SUITE_P(Formats, CutFileTest,
                         testing::Values(".parquet", ".arrow", ".arrows", ".json", ".ndjson"));

// Between two rows nobody sees the cut of CSV and NDJSON; an array lacks its bracket.
TEST_F(FileTest, RefusesTextThatIsCutWithinARow) {
  EXPECT_EQ(KindOf(ReadFile(WriteText("a.csv", "id,name\n1,ann\n2")).status()),
            ErrorKind::kInvalidInput);
  const Status status = ReadFile(WriteText("a.json", "[{\"id\": 1},\n{\"id\": 2}")).status();
  EXPECT_EQ(KindOf(status), ErrorKind::kInvalidInput) << status;
  EXPECT_THAT(status.message(), HasSubstr("cut short"));
  EXPECT_EQ(KindOf(ReadFile(WriteText("b.json", "[{\"id\": 1},")).status()),
            ErrorKind::kInvalidInput);
}

TEST_F(FileTest, KeepsEveryTypeInArrowFilesAndStreams) {
  const auto batch = MakeEveryTypeBatch().ValueOrDie();
  for (const char* name : {"a.arrow", "a.arrows"}) {
    const Status written = WriteFile(PathOf(name), {batch});
    ASSERT_TRUE(written.ok()) << written;
    const auto received = ReadFile(PathOf(name));
    ASSERT_TRUE(received.ok()) << received.status();
    EXPECT_TRUE((*received)->Equals(*TableOf({batch})));
  }
}

TEST_F(FileTest, KnowsTheRowsOfParquetAndArrowFilesBeforehand) {
  for (const char* name : {"a.parquet", "a.arrow"}) {
    ASSERT_TRUE(WriteFile(PathOf(name), Generated(1'000, 100)).ok());
    EXPECT_EQ(OpenFileSource(PathOf(name)).ValueOrDie()->rows(), 1'000) << name;
  }
  ASSERT_TRUE(WriteFile(PathOf("a.arrows"), Generated(1'000, 100)).ok());
  EXPECT_EQ(OpenFileSource(PathOf("a.arrows")).ValueOrDie()->rows(), -1);
}

TEST_F(FileTest, GathersSmallBatchesInFullRowGroupsOfParquet) {
  const std::string path = PathOf("a.parquet");
  ASSERT_TRUE(WriteFile(path, Generated(2 * limits::kMorselRows + 10, 9'999)).ok());
  const auto metadata = parquet::ParquetFileReader::OpenFile(path)->metadata();
  ASSERT_EQ(metadata->num_row_groups(), 3);
  EXPECT_EQ(metadata->RowGroup(0)->num_rows(), limits::kMorselRows);
  EXPECT_EQ(metadata->RowGroup(2)->num_rows(), 10);
  EXPECT_EQ(metadata->RowGroup(0)->ColumnChunk(0)->compression(), arrow::Compression::ZSTD);
}

TEST_F(FileTest, SaysWhichTypeParquetCannotHold) {
  const auto batch = MakeEveryTypeBatch().ValueOrDie();
  const int column = batch->schema()->GetFieldIndex("sparse_union");
  const auto unions = batch->SelectColumns({column}).ValueOrDie();
  const Status status = WriteFile(PathOf("a.parquet"), {unions});
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(status.message(), HasSubstr("a.parquet"));
}

TEST_F(FileTest, ReadsCsvWithInferredTypesAndNulls) {
  const std::string path = WriteText(
      "a.csv",
      "id,fare,day,name,empty\n1,2.5,2024-01-31,ann,\nNA,NA,NA,NA,NA\n3,4,2024-02-01,\"\",\n");
  ExpectValues(ColumnOf(path, "id"), arrow::int64(), "[1, null, 3]");
  ExpectValues(ColumnOf(path, "fare"), arrow::float64(), "[2.5, null, 4]");
  ExpectValues(ColumnOf(path, "day"), arrow::date32(), "[19753, null, 19754]");
  ExpectValues(ColumnOf(path, "name"), arrow::utf8(), R"(["ann", null, ""])");
  ExpectValues(ColumnOf(path, "empty"), arrow::utf8(), "[null, null, null]");
}

TEST_F(FileTest, ReadsLineEndsAndQuotesWithinCsvValues) {
  const std::string path = WriteText("a.csv", "name\n\"two\nlines\"\n\"say \"\"hi\"\"\"\n\"NA\"\n");
  ExpectValues(ColumnOf(path, "name"), arrow::utf8(), R"(["two\nlines", "say \"hi\"", "NA"])");
}

TEST_F(FileTest, ReadsBackTheCsvItWrites) {
  const auto column =
      arrow::json::ArrayFromJSONString(arrow::utf8(), R"(["", null, "NA", "a,b", "x\ny", "\""])")
          .ValueOrDie();
  const auto batch = arrow::RecordBatch::Make(arrow::schema({arrow::field("a", arrow::utf8())}),
                                              column->length(), {column});
  ASSERT_TRUE(WriteFile(PathOf("two.csv"), {batch->AddColumn(1, "b", column).ValueOrDie()}).ok());
  EXPECT_TRUE(ColumnOf(PathOf("two.csv"), "b")->Equals(arrow::ChunkedArray({column})));
  // The null of a single column is an empty line, which is a row all the same.
  ASSERT_TRUE(WriteFile(PathOf("one.csv"), {batch}).ok());
  EXPECT_TRUE(ColumnOf(PathOf("one.csv"), "a")->Equals(arrow::ChunkedArray({column})));
}

TEST_F(FileTest, SkipsEmptyLinesOfCsvWithSeveralColumns) {
  ExpectValues(ColumnOf(WriteText("a.csv", "id,n\n1,2\n\n3,4\n\n"), "id"), arrow::int64(),
               "[1, 3]");
}

TEST_F(FileTest, ReadsCsvThroughGzip) {
  const std::string path = PathOf("a.csv.gz");
  {
    const auto codec = arrow::util::Codec::Create(arrow::Compression::GZIP).ValueOrDie();
    const auto file = arrow::io::FileOutputStream::Open(path).ValueOrDie();
    const auto output = arrow::io::CompressedOutputStream::Make(codec.get(), file).ValueOrDie();
    ASSERT_TRUE(output->Write("id\n1\n2\n", 7).ok());
    ASSERT_TRUE(output->Close().ok());
  }
  ExpectValues(ColumnOf(path, "id"), arrow::int64(), "[1, 2]");
  const std::string cut = WriteText("cut.csv.gz", TextOf(path).substr(0, 15));
  EXPECT_FALSE(ReadFile(cut).ok());
}

TEST_F(FileTest, SaysWhereCsvDoesNotFitItsFirstRows) {
  std::string text = "id\n";
  // More than the part that types are inferred from.
  for (int i = 0; i < 2'000'000; ++i) text += "12345\n";
  const Status status = ReadFile(WriteText("a.csv", text + "oops\n")).status();
  EXPECT_EQ(KindOf(status), ErrorKind::kInvalidInput);
  EXPECT_THAT(status.message(), HasSubstr("a.csv"));
  EXPECT_THAT(status.message(), HasSubstr("oops"));
}

TEST_F(FileTest, ReadsJsonAsLinesAsAnArrayAndPrettyPrinted) {
  for (const auto& [name, text] : std::vector<std::pair<std::string, std::string>>{
           {"lines.ndjson", "{\"a\": 1, \"b\": \"x\"}\n{\"a\": 2, \"b\": null}\n"},
           {"lines.json", "{\"a\": 1, \"b\": \"x\"}\n{\"a\": 2, \"b\": null}"},
           {"array.json", "[{\"a\":1,\"b\":\"x\"},{\"a\":2,\"b\":null}]"},
           {"pretty.json",
            "[\n  {\n    \"a\": 1,\n    \"b\": \"x\"\n  },\n  {\"a\": 2, \"b\": null}\n]\n"}}) {
    const std::string path = WriteText(name, text);
    ExpectValues(ColumnOf(path, "a"), arrow::int64(), "[1, 2]");
    ExpectValues(ColumnOf(path, "b"), arrow::utf8(), R"(["x", null])");
  }
}

TEST_F(FileTest, LeavesBracketsAndCommasWithinJsonValuesAlone) {
  const std::string path =
      WriteText("a.json", R"([{"t": "],[ \" , {", "l": [1, 2]}, {"t": "\\", "l": []}])");
  ExpectValues(ColumnOf(path, "t"), arrow::utf8(), R"(["],[ \" , {", "\\"])");
  ExpectValues(ColumnOf(path, "l"), arrow::list(arrow::int64()), "[[1, 2], []]");
}

TEST_F(FileTest, TellsTheFormatByItsFirstBytesWhereTheNameDoesNot) {
  const Batches sent = Generated(10, 10);
  for (const char* name : {"a.parquet", "a.arrow", "a.arrows", "a.json"}) {
    ASSERT_TRUE(WriteFile(PathOf(name), sent).ok());
    std::filesystem::rename(PathOf(name), PathOf("unnamed"));
    const auto received = ReadFile(PathOf("unnamed"));
    ASSERT_TRUE(received.ok()) << name << ": " << received.status();
    EXPECT_EQ((*received)->num_rows(), 10);
  }
}

TEST_F(FileTest, RefusesWhatItCannotOpenByName) {
  const Status missing = OpenFileSource(PathOf("missing.csv")).status();
  EXPECT_EQ(KindOf(missing), ErrorKind::kNotFound);
  EXPECT_THAT(missing.message(), HasSubstr("missing.csv"));
  const Status unknown = OpenFileSource(WriteText("a.txt", "hello")).status();
  EXPECT_EQ(KindOf(unknown), ErrorKind::kUnsupportedMedia);
  EXPECT_THAT(unknown.message(), HasSubstr("a.txt"));
  EXPECT_EQ(KindOf(OpenFileSource(folder_).status()), ErrorKind::kInvalidInput);
  EXPECT_EQ(KindOf(OpenFileSource(WriteText("empty.csv", "")).status()), ErrorKind::kInvalidInput);
  EXPECT_EQ(KindOf(OpenFileSource(WriteText("bad.parquet", "PAR1 no")).status()),
            ErrorKind::kInvalidInput);
  EXPECT_EQ(KindOf(OpenFileSource(WriteText("bad.arrow", "ARROW1 no")).status()),
            ErrorKind::kInvalidInput);
}

TEST_F(FileTest, RefusesToWriteWhereItCannot) {
  const auto schema = arrow::schema({arrow::field("a", arrow::int8())});
  EXPECT_FALSE(OpenFileSink(PathOf("no/such/folder.csv"), FileFormat::kCsv, schema).ok());
  EXPECT_FALSE(OpenFileSink(folder_, FileFormat::kCsv, schema).ok());
}

TEST_F(FileTest, WritesToDevicesInPlace) {
  const Batches batches = Generated(10, 10);
  auto sink = OpenFileSink("/dev/null", FileFormat::kCsv, batches[0]->schema()).ValueOrDie();
  EXPECT_TRUE(sink->Write(batches[0]).ok());
  EXPECT_TRUE(sink->Close().ok());
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
}

}  // namespace
}  // namespace arrowport::stream
