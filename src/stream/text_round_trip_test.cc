#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <arrow/array.h>
#include <arrow/buffer.h>
#include <arrow/builder.h>
#include <arrow/csv/options.h>
#include <arrow/csv/reader.h>
#include <arrow/io/interfaces.h>
#include <arrow/io/memory.h>
#include <arrow/json/options.h>
#include <arrow/json/reader.h>
#include <arrow/record_batch.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "stream/batch_encoder.h"
#include "stream/encoder_samples.h"
#include "stream/ipc_samples.h"
#include "stream/random.h"

namespace arrowport::stream {
namespace {

constexpr int64_t kRows = 2'000;

/// Texts of what a format may stumble over.
std::string TextAt(const RandomColumn& random, int64_t row) {
  static const std::vector<std::string> kParts = {
      "\"", "\"\"", ",",  "\n", "\r\n",     "\\", "/",    " ",   "NA",
      "a",  "null", "{}", "[]", "\xc3\xa9", "\t", "\x01", "\\n", "\xf0\x9f\x9a\x80"};
  std::string text;
  const uint64_t parts = random.Below(row, 5);
  for (uint64_t i = 0; i < parts; ++i) {
    text += kParts[random.Below((row + 1) * 1'000 + static_cast<int64_t>(i), kParts.size())];
  }
  return text;
}

/// A number of any size: as many small ones as large ones.
int64_t NumberAt(const RandomColumn& random, int64_t row) {
  return static_cast<int64_t>(random.Bits(row)) >> random.Below(-row - 1, 64);
}

double DoubleAt(const RandomColumn& random, int64_t row) {
  return random.Normal(row) *
         std::pow(10.0, static_cast<double>(random.Below(-row - 1, 600)) - 300);
}

/// Values of a column by `value_at`, every fifth of which is null.
template <typename Builder, typename Function>
std::shared_ptr<arrow::Array> Column(Builder builder, const RandomColumn& random,
                                     Function value_at) {
  for (int64_t row = 0; row < kRows; ++row) {
    const bool is_null = random.Below(row + kRows, 5) == 0;
    EXPECT_TRUE((is_null ? builder.AppendNull() : builder.Append(value_at(random, row))).ok());
  }
  return builder.Finish().ValueOrDie();
}

class BatchMaker {
 public:
  explicit BatchMaker(uint64_t seed) : seed_(seed) {}

  std::shared_ptr<arrow::RecordBatch> Make() {
    Add("number", arrow::Int64Builder(), NumberAt);
    Add("double", arrow::DoubleBuilder(), DoubleAt);
    Add("float", arrow::FloatBuilder(), [](const auto& random, int64_t row) {
      return static_cast<float>(random.Normal(row) * 1e6);
    });
    Add("text", arrow::StringBuilder(), TextAt);
    Add("active", arrow::BooleanBuilder(),
        [](const auto& random, int64_t row) { return random.Below(row, 2) == 0; });
    // Arrow reads the years 0 to 9999.
    Add("date", arrow::Date32Builder(), [](const auto& random, int64_t row) {
      return static_cast<int32_t>(random.Below(row, 3'652'425)) - 719'528;
    });
    AddTimestamps("s", arrow::TimeUnit::SECOND, "", kYear1);
    AddTimestamps("ms", arrow::TimeUnit::MILLI, "UTC", kYear1 * 1'000);
    AddTimestamps("us", arrow::TimeUnit::MICRO, "", kYear1 * 1'000'000);
    AddTimestamps("ns", arrow::TimeUnit::NANO, "UTC", std::numeric_limits<int64_t>::max());
    return arrow::RecordBatch::Make(arrow::schema(fields_), kRows, columns_);
  }

 private:
  // Seconds from the year 1 to the epoch.
  static constexpr int64_t kYear1 = 62'135'596'800;

  template <typename Builder, typename Function>
  void Add(const std::string& name, Builder builder, Function value_at) {
    const RandomColumn random(seed_, columns_.size());
    columns_.push_back(Column(std::move(builder), random, value_at));
    fields_.push_back(arrow::field(name, columns_.back()->type()));
  }

  /// From -`bound` to `bound`.
  void AddTimestamps(const std::string& name, arrow::TimeUnit::type unit, const std::string& zone,
                     int64_t bound) {
    Add(name, arrow::TimestampBuilder(arrow::timestamp(unit, zone), arrow::default_memory_pool()),
        [bound](const RandomColumn& random, int64_t row) { return NumberAt(random, row) % bound; });
  }

  const uint64_t seed_;
  arrow::FieldVector fields_;
  arrow::ArrayVector columns_;
};

/// The rows of `batch`, cut at random places.
Batches Cut(const std::shared_ptr<arrow::RecordBatch>& batch, uint64_t seed) {
  const RandomColumn random(seed, 1'000);
  Batches parts;
  for (int64_t start = 0; start < batch->num_rows();) {
    parts.push_back(batch->Slice(start, static_cast<int64_t>(random.Below(start, 300))));
    start += parts.back()->num_rows();
    // An empty part is followed by one row, so that the cut ends.
    if (parts.back()->num_rows() == 0) parts.push_back(batch->Slice(start++, 1));
  }
  return parts;
}

std::shared_ptr<arrow::io::InputStream> InputOf(const std::string& body) {
  return std::make_shared<arrow::io::BufferReader>(arrow::Buffer::FromString(body));
}

Result<std::shared_ptr<arrow::Table>> FromJsonLines(const std::string& body,
                                                    const std::shared_ptr<arrow::Schema>& schema) {
  auto read = arrow::json::ReadOptions::Defaults();
  read.use_threads = false;
  auto parse = arrow::json::ParseOptions::Defaults();
  parse.explicit_schema = schema;
  parse.unexpected_field_behavior = arrow::json::UnexpectedFieldBehavior::Error;
  ARROW_ASSIGN_OR_RAISE(
      const auto reader,
      arrow::json::TableReader::Make(arrow::default_memory_pool(), InputOf(body), read, parse));
  return reader->Read();
}

Result<std::shared_ptr<arrow::Table>> FromCsv(const std::string& body,
                                              const std::shared_ptr<arrow::Schema>& schema) {
  auto read = arrow::csv::ReadOptions::Defaults();
  read.use_threads = false;
  auto parse = arrow::csv::ParseOptions::Defaults();
  parse.newlines_in_values = true;
  auto convert = arrow::csv::ConvertOptions::Defaults();
  convert.null_values = {""};
  convert.strings_can_be_null = true;
  convert.quoted_strings_can_be_null = false;
  for (const auto& field : schema->fields()) convert.column_types[field->name()] = field->type();
  ARROW_ASSIGN_OR_RAISE(const auto reader,
                        arrow::csv::TableReader::Make(arrow::io::default_io_context(),
                                                      InputOf(body), read, parse, convert));
  return reader->Read();
}

void ExpectSame(const arrow::RecordBatch& sent,
                const Result<std::shared_ptr<arrow::Table>>& received) {
  ASSERT_TRUE(received.ok()) << received.status();
  ASSERT_EQ((*received)->num_rows(), sent.num_rows());
  for (int i = 0; i < sent.num_columns(); ++i) {
    const arrow::ChunkedArray expected({sent.column(i)});
    const auto column = (*received)->GetColumnByName(sent.column_name(i));
    ASSERT_NE(column, nullptr) << sent.column_name(i);
    EXPECT_TRUE(column->Equals(expected)) << sent.column_name(i);
  }
}

class TextRoundTripTest : public testing::TestWithParam<uint64_t> {};

TEST_P(TextRoundTripTest, ArrowReadsTheCsvThatWeWrite) {
  SCOPED_TRACE("seed " + std::to_string(GetParam()));
  const auto batch = BatchMaker(GetParam()).Make();
  const std::string body = Encoded(WireFormat::kCsv, Cut(batch, GetParam()));
  ExpectSame(*batch, FromCsv(body, batch->schema()));
}

TEST_P(TextRoundTripTest, ArrowReadsTheJsonLinesThatWeWrite) {
  SCOPED_TRACE("seed " + std::to_string(GetParam()));
  const auto every = BatchMaker(GetParam()).Make();
  // Arrow's reader takes dates as numbers only.
  const auto batch = every->RemoveColumn(every->schema()->GetFieldIndex("date")).ValueOrDie();
  const std::string body = Encoded(WireFormat::kNdjson, Cut(batch, GetParam()));
  ExpectSame(*batch, FromJsonLines(body, batch->schema()));
}

TEST_P(TextRoundTripTest, JsonIsItsLinesInAnArray) {
  SCOPED_TRACE("seed " + std::to_string(GetParam()));
  const auto batch = BatchMaker(GetParam()).Make();
  std::string lines = Encoded(WireFormat::kNdjson, {batch});
  const std::string array = Encoded(WireFormat::kJson, Cut(batch, GetParam()));
  lines.pop_back();
  std::string expected = "[";
  for (const char c : lines) expected += c == '\n' ? std::string(",\n") : std::string(1, c);
  EXPECT_EQ(array, expected + "]\n");
}

INSTANTIATE_TEST_SUITE_P(Seeds, TextRoundTripTest, testing::Range(uint64_t{1}, uint64_t{6}));

}  // namespace
}  // namespace arrowport::stream
