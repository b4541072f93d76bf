#include "stream/parquet_encoder.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <arrow/array.h>
#include <arrow/array/util.h>
#include <arrow/builder.h>
#include <arrow/io/memory.h>
#include <arrow/json/from_string.h>
#include <arrow/memory_pool.h>
#include <arrow/record_batch.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <arrow/util/compression.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <parquet/arrow/reader.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>

#include "base/error.h"
#include "base/limits.h"
#include "stream/batch_encoder.h"
#include "stream/encoder_samples.h"
#include "stream/generator.h"
#include "stream/ipc_samples.h"
#include "stream/type_samples.h"

namespace arrowport::stream {
namespace {

using testing::HasSubstr;

constexpr EncodeOptions kParquet = {.format = WireFormat::kParquet,
                                    .compression = Compression::kZstd};

Result<std::shared_ptr<arrow::Table>> ReadParquet(std::string body) {
  const std::shared_ptr<arrow::io::BufferReader> input =
      arrow::io::BufferReader::FromString(std::move(body));
  ARROW_ASSIGN_OR_RAISE(const auto reader,
                        parquet::arrow::OpenFile(input, arrow::default_memory_pool()));
  return reader->ReadTable();
}

std::shared_ptr<parquet::FileMetaData> MetadataOf(std::string body) {
  return parquet::ParquetFileReader::Open(arrow::io::BufferReader::FromString(std::move(body)))
      ->metadata();
}

// What has another type when it comes back.
std::shared_ptr<arrow::DataType> TypeInParquet(const TypeSample& sample) {
  if (sample.name == "date64") return arrow::date32();
  if (sample.name == "time32_s") return arrow::time32(arrow::TimeUnit::MILLI);
  if (sample.name == "timestamp_s") return arrow::timestamp(arrow::TimeUnit::MILLI);
  if (sample.name == "dictionary_of_numbers") return arrow::int64();
  return sample.type;
}

// The same values in the type that they come back in.
std::string_view ValuesInParquet(const TypeSample& sample) {
  if (sample.name == "date64") return "[0, 1, null]";
  if (sample.name == "time32_s") return "[0, 86399000, null]";
  if (sample.name == "timestamp_s") return "[0, -1000, null]";
  return sample.values;
}

const std::set<std::string> kRefused = {"months", "day_time", "month_day_nano", "sparse_union",
                                        "dense_union"};

TEST(ParquetEncoderTest, GivesEveryTypeBackOrTheOneThatIsDocumented) {
  for (const TypeSample& sample : TypeSamples()) {
    if (kRefused.contains(sample.name)) continue;
    SCOPED_TRACE(sample.name);
    const auto batch = BatchOf(sample.type, std::string(sample.values));
    const auto body = Encode(kParquet, batch->schema(), {batch});
    ASSERT_TRUE(body.ok()) << body.status();
    const auto table = ReadParquet(*body);
    ASSERT_TRUE(table.ok()) << table.status();
    const arrow::ChunkedArray expected(
        {arrow::json::ArrayFromJSONString(TypeInParquet(sample), ValuesInParquet(sample))
             .ValueOrDie()});
    EXPECT_TRUE((*table)->column(0)->Equals(expected)) << (*table)->ToString();
  }
}

TEST(ParquetEncoderTest, KeepsExtensionTypes) {
  const auto every = MakeEveryTypeBatch().ValueOrDie();
  for (const char* name : {"uuid", "json"}) {
    const auto batch = BatchOf(every->GetColumnByName(name));
    const auto table = ReadParquet(Encoded(kParquet, {batch}));
    ASSERT_TRUE(table.ok()) << table.status();
    EXPECT_TRUE((*table)->Equals(*arrow::Table::FromRecordBatches({batch}).ValueOrDie())) << name;
  }
}

TEST(ParquetEncoderTest, RefusesWhatParquetHasNoFormForByTheColumnsName) {
  const auto every = MakeEveryTypeBatch().ValueOrDie();
  std::vector<std::string> refused(kRefused.begin(), kRefused.end());
  refused.insert(refused.end(), {"run_end_encoded", "dictionary_of_dictionary"});
  for (const std::string& name : refused) {
    const auto schema = arrow::schema(
        {arrow::field("fine", arrow::int8(), false), every->schema()->GetFieldByName(name)});
    const Status status = MakeBatchEncoder(kParquet, schema).status();
    EXPECT_EQ(KindOf(status), ErrorKind::kNotAcceptable) << name << ": " << status;
    EXPECT_THAT(status.message(), HasSubstr("column '" + name + "' is "));
  }
}

TEST(ParquetEncoderTest, TellsTheSchemaOfNoRowsAndOfNoColumns) {
  const auto schema = arrow::schema({arrow::field("a", arrow::utf8())});
  EXPECT_TRUE(ReadParquet(Encode(kParquet, schema, {}).ValueOrDie())
                  .ValueOrDie()
                  ->schema()
                  ->Equals(*schema));
  const auto none = Encode(kParquet, arrow::schema(arrow::FieldVector()), {});
  ASSERT_TRUE(none.ok()) << none.status();
  EXPECT_EQ(ReadParquet(*none).ValueOrDie()->num_columns(), 0);
}

TEST(ParquetEncoderTest, KeepsColumnsOfTheSameName) {
  const auto column = arrow::json::ArrayFromJSONString(arrow::int8(), "[1]").ValueOrDie();
  const auto field = arrow::field("a", arrow::int8());
  const auto batch = arrow::RecordBatch::Make(arrow::schema({field, field}), 1, {column, column});
  EXPECT_EQ(ReadParquet(Encoded(kParquet, {batch})).ValueOrDie()->num_columns(), 2);
}

TEST(ParquetEncoderTest, LeavesABodyWithoutItsEndVisiblyIncomplete) {
  const auto batch = BatchOf(arrow::int8(), "[1]");
  auto encoder = MakeBatchEncoder(kParquet, batch->schema()).ValueOrDie();
  std::string body = Joined(encoder->Begin().ValueOrDie());
  body += Joined(encoder->Encode(batch).ValueOrDie());
  EXPECT_FALSE(ReadParquet(body).ok());
}

TEST(ParquetEncoderTest, CompressesPagesAsItIsTold) {
  const auto batch = BatchOf(arrow::int8(), "[1, 2, 3]");
  for (const auto& [compression, codec] :
       std::vector<std::pair<Compression, arrow::Compression::type>>{
           {Compression::kNone, arrow::Compression::UNCOMPRESSED},
           {Compression::kZstd, arrow::Compression::ZSTD},
           {Compression::kLz4, arrow::Compression::LZ4}}) {
    const std::string body =
        Encoded({.format = WireFormat::kParquet, .compression = compression}, {batch});
    EXPECT_EQ(MetadataOf(body)->RowGroup(0)->ColumnChunk(0)->compression(), codec);
    EXPECT_EQ(ReadParquet(body).ValueOrDie()->num_rows(), 3);
  }
}

TEST(ParquetEncoderTest, GathersAndCutsBatchesIntoRowGroupsOfOneSize) {
  for (const int64_t batch_rows : {int64_t{9'999}, 3 * limits::kMorselRows}) {
    const Batches batches =
        MakeGenerator({.rows = 2 * limits::kMorselRows + 10, .batch_rows = batch_rows})
            ->ToRecordBatches()
            .ValueOrDie();
    const auto metadata = MetadataOf(Encoded(kParquet, batches));
    ASSERT_EQ(metadata->num_row_groups(), 3);
    EXPECT_EQ(metadata->RowGroup(0)->num_rows(), limits::kMorselRows);
    EXPECT_EQ(metadata->RowGroup(1)->num_rows(), limits::kMorselRows);
    EXPECT_EQ(metadata->RowGroup(2)->num_rows(), 10);
  }
}

// Rows of `bytes` each.
std::shared_ptr<arrow::RecordBatch> WideBatch(int64_t rows, int64_t bytes) {
  arrow::StringBuilder builder;
  for (int64_t i = 0; i < rows; ++i) {
    EXPECT_TRUE(builder.Append(std::string(static_cast<size_t>(bytes), 'x')).ok());
  }
  return BatchOf(builder.Finish().ValueOrDie());
}

TEST(ParquetEncoderTest, CutsRowGroupsOfWideRowsByBytes) {
  const auto narrow = MetadataOf(Encoded(kParquet, Batches(40, WideBatch(1, kMiB))));
  EXPECT_EQ(narrow->num_rows(), 40);
  EXPECT_EQ(narrow->num_row_groups(), 2);
  const auto whole = MetadataOf(Encoded(kParquet, {WideBatch(40, kMiB)}));
  EXPECT_EQ(whole->num_rows(), 40);
  EXPECT_EQ(whole->num_row_groups(), 2);
  const auto widest = MetadataOf(Encoded(kParquet, {WideBatch(2, kRowGroupBytes + 1)}));
  EXPECT_EQ(widest->num_row_groups(), 2);
}

TEST(ParquetEncoderTest, HoldsNoMoreThanARowGroup) {
  const auto batch = WideBatch(10, kMiB);
  auto encoder = MakeBatchEncoder(EncodeOptions{.format = WireFormat::kParquet,
                                                .compression = Compression::kNone},
                                  batch->schema())
                     .ValueOrDie();
  ASSERT_TRUE(encoder->Begin().ok());
  const int64_t before = arrow::default_memory_pool()->bytes_allocated();
  int64_t sent = 0;
  for (int i = 0; i < 20; ++i) {
    for (const auto& piece : encoder->Encode(batch).ValueOrDie()) sent += piece->size();
    EXPECT_LT(arrow::default_memory_pool()->bytes_allocated() - before, 4 * kRowGroupBytes);
  }
  EXPECT_GT(sent, 0);
}

}  // namespace
}  // namespace arrowport::stream
