#include "stream/batch_encoder.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/json/from_string.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/limits.h"
#include "stream/encoder_samples.h"
#include "stream/ipc_samples.h"
#include "stream/type_samples.h"

namespace arrowport::stream {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string Json(const std::shared_ptr<arrow::DataType>& type, const std::string& values) {
  return Encoded(WireFormat::kNdjson, {BatchOf(type, values)});
}

std::string Csv(const std::shared_ptr<arrow::DataType>& type, const std::string& values) {
  return Encoded(WireFormat::kCsv, {BatchOf(type, values)});
}

TEST(ArrowEncoderTest, WritesAStreamThatReadsBackUnchanged) {
  const auto sent = MakeEveryTypeBatch().ValueOrDie();
  const auto received = FromIpcStream(Encoded(WireFormat::kArrowStream, {sent, sent}));
  ASSERT_TRUE(received.ok()) << received.status();
  ASSERT_EQ(received->size(), 2U);
  EXPECT_TRUE(received->back()->Equals(*sent));
}

TEST(ArrowEncoderTest, SendsTheSchemaBeforeThereIsABatch) {
  auto encoder =
      MakeBatchEncoder(WireFormat::kArrowStream, arrow::schema({arrow::field("a", arrow::int8())}))
          .ValueOrDie();
  std::string body = Joined(encoder->Begin().ValueOrDie());
  EXPECT_GT(body.size(), 0U);
  body += Joined(encoder->End().ValueOrDie());
  const auto received = FromIpcStream(body);
  ASSERT_TRUE(received.ok()) << received.status();
  EXPECT_THAT(*received, IsEmpty());
}

TEST(ArrowEncoderTest, SharesTheBuffersOfABatchInsteadOfCopyingThem) {
  arrow::Int64Builder builder;
  ASSERT_TRUE(builder.AppendValues(std::vector<int64_t>(100'000, 7)).ok());
  const auto column = builder.Finish().ValueOrDie();
  const auto batch = arrow::RecordBatch::Make(arrow::schema({arrow::field("a", arrow::int64())}),
                                              column->length(), {column});
  auto encoder = MakeBatchEncoder(WireFormat::kArrowStream, batch->schema()).ValueOrDie();
  ASSERT_TRUE(encoder->Begin().ok());
  const Buffers pieces = encoder->Encode(batch).ValueOrDie();
  bool is_shared = false;
  for (const auto& piece : pieces) {
    is_shared = is_shared || piece->data() == column->data()->buffers[1]->data();
  }
  EXPECT_TRUE(is_shared);
  EXPECT_LE(pieces.size(), 3U);
}

TEST(ArrowEncoderTest, LeavesABodyWithoutItsEndVisiblyIncomplete) {
  const auto batch = BatchOf(arrow::int8(), "[1]");
  auto encoder = MakeBatchEncoder(WireFormat::kArrowStream, batch->schema()).ValueOrDie();
  std::string body = Joined(encoder->Begin().ValueOrDie());
  body += Joined(encoder->Encode(batch).ValueOrDie());
  EXPECT_FALSE(FromIpcStream(body).ok());
}

TEST(JsonEncoderTest, WritesOneArrayOfObjectsAcrossBatches) {
  const auto batch = BatchOf(arrow::int8(), "[1, null]");
  EXPECT_EQ(Encoded(WireFormat::kJson, {batch, batch}),
            "[{\"a\":1},\n{\"a\":null},\n{\"a\":1},\n{\"a\":null}]\n");
}

TEST(JsonEncoderTest, WritesAnEmptyArrayForNoRows) {
  EXPECT_EQ(Encoded(WireFormat::kJson, {BatchOf(arrow::int8(), "[]")}), "[]\n");
}

TEST(JsonEncoderTest, TellsColumnsOfTheSameNameApart) {
  const auto column = arrow::json::ArrayFromJSONString(arrow::int8(), "[1]").ValueOrDie();
  const auto schema =
      arrow::schema({arrow::field("a", arrow::int8()), arrow::field("a", arrow::int8()),
                     arrow::field("a\"", arrow::int8())});
  const auto batch = arrow::RecordBatch::Make(schema, 1, {column, column, column});
  EXPECT_EQ(Encoded(WireFormat::kNdjson, {batch}), "{\"a\":1,\"a_1\":1,\"a\\\"\":1}\n");
}

TEST(JsonEncoderTest, WritesNumbersInFull) {
  EXPECT_EQ(Json(arrow::uint64(), "[18446744073709551615]"), "{\"a\":18446744073709551615}\n");
  EXPECT_EQ(Json(arrow::decimal128(38, 10), R"(["1234567890123456789012345678.0123456789"])"),
            "{\"a\":1234567890123456789012345678.0123456789}\n");
  EXPECT_EQ(Json(arrow::decimal128(5, 3), R"(["0.001", "-0.050", "0.000"])"),
            "{\"a\":0.001}\n{\"a\":-0.050}\n{\"a\":0.000}\n");
  EXPECT_EQ(Json(arrow::decimal256(76, 0), R"(["-99999999999999999999999999999999999999999"])"),
            "{\"a\":-99999999999999999999999999999999999999999}\n");
  EXPECT_EQ(Json(arrow::float64(), "[0.1, 3, 1e300, -0.0]"),
            "{\"a\":0.1}\n{\"a\":3.0}\n{\"a\":1e+300}\n{\"a\":-0.0}\n");
  EXPECT_EQ(Json(arrow::float32(), "[0.1]"), "{\"a\":0.1}\n");
  EXPECT_EQ(Json(arrow::float16(), "[1.5]"), "{\"a\":1.5}\n");
}

TEST(JsonEncoderTest, WritesDecimalsOfNegativeScaleWithTheirZeros) {
  arrow::Decimal128Builder builder(arrow::decimal128(5, -2));
  for (const int64_t value : {12, -3, 0})
    ASSERT_TRUE(builder.Append(arrow::Decimal128(value)).ok());
  const auto column = builder.Finish().ValueOrDie();
  const auto batch = arrow::RecordBatch::Make(arrow::schema({arrow::field("a", column->type())}),
                                              column->length(), {column});
  EXPECT_EQ(Encoded(WireFormat::kNdjson, {batch}), "{\"a\":1200}\n{\"a\":-300}\n{\"a\":0}\n");
}

TEST(JsonEncoderTest, WritesNumbersThatJsonLacksAsText) {
  EXPECT_EQ(Json(arrow::float64(), "[NaN, Inf, -Inf]"),
            "{\"a\":\"NaN\"}\n{\"a\":\"Infinity\"}\n{\"a\":\"-Infinity\"}\n");
}

TEST(JsonEncoderTest, EscapesWhatAStringMayNotHold) {
  EXPECT_EQ(Json(arrow::utf8(), R"(["\" \\ \n \t \u0001 h\u00e9"])"),
            "{\"a\":\"\\\" \\\\ \\n \\t \\u0001 h\xc3\xa9\"}\n");
}

TEST(JsonEncoderTest, WritesDatesAndTimesInIso8601) {
  EXPECT_EQ(Json(arrow::date32(), "[0, 19723, -1, 11016]"),
            "{\"a\":\"1970-01-01\"}\n{\"a\":\"2024-01-01\"}\n{\"a\":\"1969-12-31\"}\n"
            "{\"a\":\"2000-02-29\"}\n");
  EXPECT_EQ(Json(arrow::date32(), "[-719529, 2932897]"),
            "{\"a\":\"-0001-12-31\"}\n{\"a\":\"+10000-01-01\"}\n");
  EXPECT_EQ(Json(arrow::date64(), "[-86400000]"), "{\"a\":\"1969-12-31\"}\n");
  EXPECT_EQ(Json(arrow::time32(arrow::TimeUnit::MILLI), "[3723004, 0]"),
            "{\"a\":\"01:02:03.004\"}\n{\"a\":\"00:00:00\"}\n");
  EXPECT_EQ(Json(arrow::time64(arrow::TimeUnit::NANO), "[86399999999999]"),
            "{\"a\":\"23:59:59.999999999\"}\n");
  EXPECT_EQ(Json(arrow::timestamp(arrow::TimeUnit::MICRO), "[1700000000123456, -1]"),
            "{\"a\":\"2023-11-14T22:13:20.123456\"}\n{\"a\":\"1969-12-31T23:59:59.999999\"}\n");
}

TEST(JsonEncoderTest, WritesTimestampsWithAZoneInUtc) {
  EXPECT_EQ(Json(arrow::timestamp(arrow::TimeUnit::SECOND, "Europe/Berlin"), "[0]"),
            "{\"a\":\"1970-01-01T00:00:00Z\"}\n");
}

TEST(JsonEncoderTest, WritesTheEndsOfEveryTimeUnit) {
  for (const auto unit : {arrow::TimeUnit::SECOND, arrow::TimeUnit::MILLI, arrow::TimeUnit::MICRO,
                          arrow::TimeUnit::NANO}) {
    const std::string ends = "[9223372036854775807, -9223372036854775808]";
    EXPECT_THAT(Json(arrow::timestamp(unit), ends), HasSubstr("T"));
    EXPECT_THAT(Json(arrow::duration(unit), ends), HasSubstr("\"-P"));
  }
}

TEST(JsonEncoderTest, WritesDurationsInIso8601) {
  EXPECT_EQ(Json(arrow::duration(arrow::TimeUnit::SECOND), "[0, 90061, -1, 86400, 3600]"),
            "{\"a\":\"PT0S\"}\n{\"a\":\"P1DT1H1M1S\"}\n{\"a\":\"-PT1S\"}\n{\"a\":\"P1D\"}\n"
            "{\"a\":\"PT1H\"}\n");
  EXPECT_EQ(Json(arrow::duration(arrow::TimeUnit::NANO), "[1500000000, 1]"),
            "{\"a\":\"PT1.5S\"}\n{\"a\":\"PT0.000000001S\"}\n");
}

TEST(JsonEncoderTest, WritesIntervalsInIso8601) {
  EXPECT_EQ(Json(arrow::month_interval(), "[14, -14, 0]"),
            "{\"a\":\"P1Y2M\"}\n{\"a\":\"P-1Y-2M\"}\n{\"a\":\"PT0S\"}\n");
  EXPECT_EQ(Json(arrow::day_time_interval(), "[[1, 2500], [-3, 0]]"),
            "{\"a\":\"P1DT2.5S\"}\n{\"a\":\"P-3D\"}\n");
  EXPECT_EQ(Json(arrow::month_day_nano_interval(), "[[14, -3, 3661000000000], [0, 0, -500000000]]"),
            "{\"a\":\"P1Y2M-3DT1H1M1S\"}\n{\"a\":\"PT-0.5S\"}\n");
}

TEST(JsonEncoderTest, WritesBinariesInBase64) {
  EXPECT_EQ(
      Json(arrow::binary(), R"(["", "a", "ab", "abc", "~~~"])"),
      "{\"a\":\"\"}\n{\"a\":\"YQ==\"}\n{\"a\":\"YWI=\"}\n{\"a\":\"YWJj\"}\n{\"a\":\"fn5+\"}\n");
  EXPECT_EQ(Json(arrow::fixed_size_binary(2), R"(["ab"])"), "{\"a\":\"YWI=\"}\n");
}

TEST(JsonEncoderTest, WritesNestedValuesAsArraysAndObjects) {
  EXPECT_EQ(Json(arrow::list(arrow::int32()), "[[1, null], [], null]"),
            "{\"a\":[1,null]}\n{\"a\":[]}\n{\"a\":null}\n");
  EXPECT_EQ(Json(arrow::fixed_size_list(arrow::int32(), 2), "[[1, 2], [3, 4]]"),
            "{\"a\":[1,2]}\n{\"a\":[3,4]}\n");
  const auto type =
      arrow::struct_({arrow::field("x", arrow::utf8()), arrow::field("y", arrow::date32())});
  EXPECT_EQ(Json(type, R"([{"x": "a", "y": 0}, {"x": null, "y": null}])"),
            "{\"a\":{\"x\":\"a\",\"y\":\"1970-01-01\"}}\n{\"a\":{\"x\":null,\"y\":null}}\n");
  EXPECT_EQ(Json(arrow::map(arrow::utf8(), arrow::int8()), R"([[["k", 1], ["l", null]], []])"),
            "{\"a\":{\"k\":1,\"l\":null}}\n{\"a\":{}}\n");
  EXPECT_EQ(Json(arrow::map(arrow::int8(), arrow::utf8()), R"([[[1, "x"]]])"),
            "{\"a\":[[1,\"x\"]]}\n");
}

TEST(JsonEncoderTest, WritesTheValueThatAUnionADictionaryOrARunStandsFor) {
  EXPECT_EQ(Json(arrow::dense_union(
                     {arrow::field("i", arrow::int32()), arrow::field("s", arrow::utf8())}),
                 R"([[0, 1], [1, "x"], [0, null]])"),
            "{\"a\":1}\n{\"a\":\"x\"}\n{\"a\":null}\n");
  EXPECT_EQ(Json(arrow::dictionary(arrow::int8(), arrow::utf8()), R"(["x", null, "x"])"),
            "{\"a\":\"x\"}\n{\"a\":null}\n{\"a\":\"x\"}\n");
  const auto every = MakeEveryTypeBatch().ValueOrDie();
  const std::string body = Encoded(WireFormat::kNdjson, {every});
  EXPECT_THAT(body, HasSubstr("\"run_end_encoded\":\"run\""));
  EXPECT_THAT(body, HasSubstr("\"run_end_encoded\":null"));
  EXPECT_THAT(body, HasSubstr("\"uuid\":\"30313233-3435-3637-3839-616263646566\""));
  EXPECT_THAT(body, HasSubstr("\"dictionary_of_dictionary\":[\"x\",\"y\"]"));
}

class SlicedEncoderTest : public testing::TestWithParam<WireFormat> {};

// What is told apart by rows says the same of a slice as of the whole.
TEST_P(SlicedEncoderTest, WritesTheRowsOfASliceAndNoOthers) {
  const auto whole = MakeEveryTypeBatch().ValueOrDie();
  const std::string all = Encoded(GetParam(), {whole});
  const std::string cut = Encoded(GetParam(), {whole->Slice(0, 1), whole->Slice(1, 2)});
  EXPECT_EQ(all, cut);
}

INSTANTIATE_TEST_SUITE_P(Formats, SlicedEncoderTest,
                         testing::Values(WireFormat::kJson, WireFormat::kNdjson, WireFormat::kCsv));

TEST(CsvEncoderTest, WritesAHeaderAndARowALine) {
  EXPECT_EQ(Csv(arrow::int8(), "[1, null, 3]"), "a\n1\n\n3\n");
}

TEST(CsvEncoderTest, TellsNullFromTheEmptyText) {
  EXPECT_EQ(Csv(arrow::utf8(), R"(["", null, "x"])"), "a\n\"\"\n\nx\n");
}

TEST(CsvEncoderTest, QuotesWhatNeedsIt) {
  EXPECT_EQ(Csv(arrow::utf8(), R"(["a,b", "say \"hi\"", "two\nlines", "NA", "plain text"])"),
            "a\n\"a,b\"\n\"say \"\"hi\"\"\"\n\"two\nlines\"\n\"NA\"\nplain text\n");
  const auto schema = arrow::schema({arrow::field("x,y", arrow::int8())});
  const auto column = arrow::json::ArrayFromJSONString(arrow::int8(), "[1]").ValueOrDie();
  EXPECT_EQ(Encoded(WireFormat::kCsv, {arrow::RecordBatch::Make(schema, 1, {column})}),
            "\"x,y\"\n1\n");
}

TEST(CsvEncoderTest, WritesTimesBareAndNestedValuesAsJson) {
  EXPECT_EQ(Csv(arrow::timestamp(arrow::TimeUnit::MILLI, "UTC"), "[1]"),
            "a\n1970-01-01T00:00:00.001Z\n");
  EXPECT_EQ(Csv(arrow::list(arrow::utf8()), R"([["x", "y"]])"), "a\n\"[\"\"x\"\",\"\"y\"\"]\"\n");
  EXPECT_EQ(Csv(arrow::float64(), "[NaN, 2]"), "a\nNaN\n2.0\n");
}

TEST(TextEncoderTest, CutsALargeBatchIntoPieces) {
  const std::string text(10'000, 'x');
  arrow::StringBuilder builder;
  for (int i = 0; i < 1'000; ++i) ASSERT_TRUE(builder.Append(text).ok());
  const auto column = builder.Finish().ValueOrDie();
  const auto batch = arrow::RecordBatch::Make(arrow::schema({arrow::field("a", arrow::utf8())}),
                                              column->length(), {column});
  auto encoder = MakeBatchEncoder(WireFormat::kNdjson, batch->schema()).ValueOrDie();
  const Buffers pieces = encoder->Encode(batch).ValueOrDie();
  EXPECT_GE(pieces.size(), 9U);
  for (const auto& piece : pieces) EXPECT_LT(piece->size(), 2 * kMiB);
}

TEST(TextEncoderTest, RefusesABatchOfAnotherSchema) {
  auto encoder =
      MakeBatchEncoder(WireFormat::kCsv, arrow::schema({arrow::field("a", arrow::utf8())}))
          .ValueOrDie();
  EXPECT_FALSE(encoder->Encode(BatchOf(arrow::int8(), "[1]")).ok());
}

TEST(WireFormatTest, KnowsMediaTypesByFormat) {
  EXPECT_EQ(TraitsOf(WireFormat::kArrowStream).media_type, "application/vnd.apache.arrow.stream");
  EXPECT_EQ(TraitsOf(WireFormat::kCsv).name, "csv");
}

}  // namespace
}  // namespace arrowport::stream
