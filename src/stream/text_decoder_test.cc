#include "stream/text_decoder.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/scalar.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/limits.h"

namespace arrowport::stream {
namespace {

using testing::HasSubstr;

// All of `text`, as it would come from a socket in parts of at most `part_bytes`.
Result<std::shared_ptr<arrow::Table>> Decode(std::string_view text, const TextOptions& options,
                                             size_t part_bytes = SIZE_MAX) {
  TextDecoder decoder(options);
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
  const auto take = [&] {
    while (auto batch = decoder.TakeBatch()) batches.push_back(std::move(batch));
  };
  while (!text.empty()) {
    const std::span<uint8_t> space = decoder.Prepare();
    const size_t part = std::min({space.size(), text.size(), part_bytes});
    std::memcpy(space.data(), text.data(), part);
    decoder.Commit(part);
    text.remove_prefix(part);
    if (decoder.is_due()) ARROW_RETURN_NOT_OK(decoder.Decode(false));
    take();
  }
  ARROW_RETURN_NOT_OK(decoder.Decode(true));
  take();
  return arrow::Table::FromRecordBatches(decoder.schema(), batches);
}

Status Refusal(std::string_view text, const TextOptions& options) {
  return Decode(text, options).status();
}

std::string ManyLines(const std::string& line_end) {
  std::string text = "id,text" + line_end;
  for (int i = 0; i < 200'000; ++i) {
    text += std::to_string(i) + ",\"some, text\"" + line_end;
  }
  return text;
}

const TextOptions kCsv = {.form = TextForm::kCsv};
const TextOptions kNdjson = {.form = TextForm::kNdjson};
const TextOptions kJson = {.form = TextForm::kJson};

TEST(TextDecoderTest, ReadsCsvOfManyBlocksWithAnyLineEnds) {
  for (const char* const end : {"\n", "\r\n", "\r"}) {
    const auto table = Decode(ManyLines(end), kCsv).ValueOrDie();
    EXPECT_EQ(table->num_rows(), 200'000);
    EXPECT_EQ(table->schema()->ToString(), "id: int64\ntext: string");
    const auto ids = table->column(0);
    EXPECT_EQ(ids->GetScalar(199'999).ValueOrDie()->ToString(), "199999");
    EXPECT_EQ(table->column(1)->null_count(), 0);
  }
}

TEST(TextDecoderTest, ReadsJsonOfManyBlocksInBothForms) {
  std::string lines;
  std::string array = "[\n";
  for (int i = 0; i < 200'000; ++i) {
    const std::string object = "{\"id\": " + std::to_string(i) + ",\n \"text\": \"}]{, \\\"\"}";
    lines += object + "\n";
    array += object + (i < 199'999 ? ",\n" : "\n]\n");
  }
  for (const auto& table : {Decode(lines, kNdjson).ValueOrDie(), Decode(lines, kJson).ValueOrDie(),
                            Decode(array, kJson).ValueOrDie()}) {
    EXPECT_EQ(table->num_rows(), 200'000);
    EXPECT_EQ(table->column(0)->GetScalar(199'999).ValueOrDie()->ToString(), "199999");
    EXPECT_EQ(table->column(1)->GetScalar(0).ValueOrDie()->ToString(), "}]{, \"");
  }
}

TEST(TextDecoderTest, GivesTheSameHoweverTheBytesCome) {
  const std::string csv =
      "\xef\xbb\xbf"
      "a,b\r\n1,\"x\r\n\"\"y\"\"\"\r\n2,z";
  const std::string json = "[{\"a\": 1, \"b\": \"x\"}, {\"a\": 2}]";
  const auto whole_csv = Decode(csv, kCsv).ValueOrDie();
  const auto whole_json = Decode(json, kJson).ValueOrDie();
  EXPECT_EQ(whole_csv->num_rows(), 2);
  EXPECT_EQ(whole_csv->schema()->field(0)->name(), "a");
  for (const size_t part : {1UL, 2UL, 5UL}) {
    EXPECT_TRUE(Decode(csv, kCsv, part).ValueOrDie()->Equals(*whole_csv));
    EXPECT_TRUE(Decode(json, kJson, part).ValueOrDie()->Equals(*whole_json));
  }
}

TEST(TextDecoderTest, ReadsColumnsAsTheTypesOfTheTable) {
  const auto table =
      arrow::schema({arrow::field("code", arrow::utf8()), arrow::field("day", arrow::date32()),
                     arrow::field("bytes", arrow::binary()), arrow::field("n", arrow::int16()),
                     arrow::field("days", arrow::list(arrow::date32())),
                     arrow::field("sum", arrow::decimal128(9, 2))});
  TextOptions options = {.form = TextForm::kCsv, .table = table};
  const auto csv = Decode("CODE,day,bytes,n,sum\n007,2024-01-31,AQI=,5,1.5\n", options);
  EXPECT_EQ(csv.ValueOrDie()->schema()->ToString(),
            "CODE: string\nday: date32[day]\nbytes: binary\nn: int16\nsum: decimal128(9, 2)");
  options.form = TextForm::kNdjson;
  const auto json = Decode(
      R"({"code": "007", "day": "2024-01-31", "bytes": "AQI=", "days": ["2024-01-31"]})", options);
  EXPECT_EQ(json.ValueOrDie()->schema()->ToString(),
            "code: string\nday: date32[day]\nbytes: binary\ndays: list<item: date32[day]>");
}

TEST(TextDecoderTest, TakesAColumnOfNullsAsText) {
  const auto csv = Decode("a,b\n1,\n2,NA\n", kCsv).ValueOrDie();
  EXPECT_EQ(csv->schema()->field(1)->type()->id(), arrow::Type::STRING);
  EXPECT_EQ(csv->column(1)->null_count(), 2);
  const auto json = Decode("{\"a\": null, \"b\": [null]}\n", kNdjson).ValueOrDie();
  EXPECT_EQ(json->schema()->field(0)->type()->id(), arrow::Type::STRING);
  EXPECT_EQ(json->schema()->field(1)->type()->ToString(), "list<item: string>");
}

TEST(TextDecoderTest, KeepsAHeaderAloneAsASchema) {
  const auto table = Decode("a,b", kCsv).ValueOrDie();
  EXPECT_EQ(table->num_rows(), 0);
  EXPECT_EQ(table->schema()->ToString(), "a: string\nb: string");
}

TEST(TextDecoderTest, RefusesAQuoteThatIsNotClosed) {
  EXPECT_THAT(Refusal("a,b\n1,\"x\n", kCsv).message(), HasSubstr("quote is not closed"));
  EXPECT_EQ(Decode("a,b\n1,\"x\n\"", kCsv).ValueOrDie()->num_rows(), 1);
}

TEST(TextDecoderTest, RefusesATextWithoutRows) {
  for (const TextOptions& options : {kCsv, kNdjson, kJson}) {
    for (const char* const text : {"", "\n", "\n\n"}) {
      EXPECT_EQ(KindOf(Refusal(text, options)), ErrorKind::kInvalidInput) << text;
    }
  }
  EXPECT_EQ(KindOf(Refusal(" \n ", kNdjson)), ErrorKind::kInvalidInput);
  EXPECT_EQ(KindOf(Refusal("[]", kJson)), ErrorKind::kInvalidInput);
}

TEST(TextDecoderTest, RefusesAnArrayThatEndsWithABlock) {
  std::string text = "[{\"a\": 1}";
  text.append(static_cast<size_t>(kMiB) - text.size(), ' ');
  EXPECT_THAT(Refusal(text, kJson).message(), HasSubstr("closing bracket"));
  EXPECT_TRUE(Decode(text + "]", kJson).ok());
}

TEST(TextDecoderTest, TellsTheRowOfAValueOfAnotherType) {
  std::string csv = ManyLines("\n") + "x,text\n";
  EXPECT_THAT(Refusal(csv, kCsv).message(), HasSubstr("column 'id': Row #200002"));
  std::string json;
  for (int i = 0; i < 200'000; ++i) json += "{\"id\": 1}\n";
  EXPECT_THAT(Refusal(json + "{\"id\": \"x\"}", kNdjson).message(), HasSubstr("row 200001"));
}

TEST(TextDecoderTest, RefusesWhatWouldTakeTooMuchMemory) {
  const std::string quote = "a,b\n1,\"" + std::string(17 * kMiB, 'x');
  EXPECT_EQ(KindOf(Refusal(quote, kCsv)), ErrorKind::kTooLarge);
  const std::string lists = "{\"a\": " + std::string(1'000'000, '[');
  EXPECT_EQ(KindOf(Refusal(lists, kNdjson)), ErrorKind::kTooLarge);
  std::string keys;
  for (int i = 0; i < 20'000; ++i) keys += "{\"k" + std::to_string(i) + "\": 1}\n";
  EXPECT_EQ(KindOf(Refusal(keys, kNdjson)), ErrorKind::kTooLarge);
  // Many rows that lack most of many columns.
  std::string sparse = "{";
  for (int i = 0; i < 5'000; ++i) sparse += "\"k" + std::to_string(i) + "\": 1, ";
  sparse += "\"k\": 1}\n";
  for (int i = 0; i < 300'000; ++i) sparse += "{}\n";
  TextOptions options = kNdjson;
  options.batch_bytes_max = 64 * kMiB;
  EXPECT_EQ(KindOf(Refusal(sparse, options)), ErrorKind::kTooLarge);
}

}  // namespace
}  // namespace arrowport::stream
