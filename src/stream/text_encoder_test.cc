
#include <cstddef>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/json/from_string.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stream/batch_encoder.h"
#include "stream/encoder_samples.h"
#include "stream/ipc_samples.h"

namespace arrowport::stream {
namespace {

using testing::Each;

using TypePtr = std::shared_ptr<arrow::DataType>;
using ArrayPtr = std::shared_ptr<arrow::Array>;
using Values = std::vector<std::string>;

ArrayPtr ArrayOf(const TypePtr& type, const std::string& json) {
  return arrow::json::ArrayFromJSONString(type, json).ValueOrDie();
}

/// What NDJSON makes of the values of a column.
Values JsonOf(const ArrayPtr& column) {
  const std::string body = Encoded(WireFormat::kNdjson, {BatchOf(column)});
  Values values;
  size_t start = 0;
  for (size_t end = 0; (end = body.find("}\n", start)) != std::string::npos; start = end + 2) {
    EXPECT_EQ(body.substr(start, 5), "{\"a\":");
    values.push_back(body.substr(start + 5, end - start - 5));
  }
  EXPECT_EQ(start, body.size()) << body;
  return values;
}

/// What CSV makes of them, line ends included.
std::string CsvOf(const ArrayPtr& column) {
  const std::string body = Encoded(WireFormat::kCsv, {BatchOf(column)});
  EXPECT_EQ(body.substr(0, 2), "a\n");
  return body.substr(2);
}

/// Values of a type, and what becomes of them. CSV has the same without the quotes of strings.
struct Sample {
  std::string name;
  TypePtr type;
  std::string values;
  Values json;
};

void PrintTo(const Sample& sample, std::ostream* out) { *out << sample.name; }

class BareValueTest : public testing::TestWithParam<Sample> {};

TEST_P(BareValueTest, IsTheSameInJsonAndCsv) {
  const Sample& sample = GetParam();
  const ArrayPtr column = ArrayOf(sample.type, sample.values);
  EXPECT_EQ(JsonOf(column), sample.json);
  std::string csv;
  for (std::string value : sample.json) {
    if (value == "null") value.clear();
    std::erase(value, '"');
    csv += value + "\n";
  }
  EXPECT_EQ(CsvOf(column), csv);
}

std::vector<Sample> NumberValues() {
  return {
      {"Bool", arrow::boolean(), "[true, false, null]", {"true", "false", "null"}},
      {"Int8", arrow::int8(), "[-128, 127, 0]", {"-128", "127", "0"}},
      {"Int64",
       arrow::int64(),
       "[-9223372036854775808, 9223372036854775807, null]",
       {"-9223372036854775808", "9223372036854775807", "null"}},
      {"Uint64", arrow::uint64(), "[18446744073709551615]", {"18446744073709551615"}},
      {"Float64",
       arrow::float64(),
       "[5e-324, 1.7976931348623157e308, 123456789, 1e21, -0.0, 0.1, null]",
       {"5e-324", "1.7976931348623157e+308", "123456789.0", "1e+21", "-0.0", "0.1", "null"}},
      {"Float32",
       arrow::float32(),
       "[3.4028235e38, 16777216, 0.3]",
       {"3.4028235e+38", "16777216.0", "0.3"}},
      {"Float16", arrow::float16(), "[65504, -0.25, null]", {"65504.0", "-0.25", "null"}},
      {"NotFiniteFloat64",
       arrow::float64(),
       "[NaN, Inf, -Inf]",
       {"\"NaN\"", "\"Infinity\"", "\"-Infinity\""}},
      {"NotFiniteFloat32",
       arrow::float32(),
       "[NaN, Inf, -Inf]",
       {"\"NaN\"", "\"Infinity\"", "\"-Infinity\""}},
      {"NotFiniteFloat16",
       arrow::float16(),
       "[NaN, Inf, -Inf]",
       {"\"NaN\"", "\"Infinity\"", "\"-Infinity\""}},
      {"Decimal32",
       arrow::decimal32(9, 2),
       R"(["1234567.89", "-0.05", "0.00", null])",
       {"1234567.89", "-0.05", "0.00", "null"}},
      {"Decimal64",
       arrow::decimal64(18, 18),
       R"(["0.999999999999999999", "-0.000000000000000001"])",
       {"0.999999999999999999", "-0.000000000000000001"}},
      {"Decimal128OfNothingButFraction",
       arrow::decimal128(38, 38),
       R"(["-0.99999999999999999999999999999999999999"])",
       {"-0.99999999999999999999999999999999999999"}},
      {"Decimal256",
       arrow::decimal256(76, 1),
       R"(["999999999999999999999999999999999999999999999999999999999999999999999999999.9"])",
       {"999999999999999999999999999999999999999999999999999999999999999999999999999.9"}},
      {"Null", arrow::null(), "[null, null]", {"null", "null"}},
  };
}

// The ends of each unit as java.time has them.
std::vector<Sample> TimestampValues() {
  const auto seconds = arrow::TimeUnit::SECOND;
  const auto millis = arrow::TimeUnit::MILLI;
  const auto micros = arrow::TimeUnit::MICRO;
  const auto nanos = arrow::TimeUnit::NANO;
  const std::string ends = "[-9223372036854775808, 9223372036854775807]";
  return {
      {"Seconds",
       arrow::timestamp(seconds),
       "[0, -1, 951782400, null]",
       {"\"1970-01-01T00:00:00\"", "\"1969-12-31T23:59:59\"", "\"2000-02-29T00:00:00\"", "null"}},
      {"Millis",
       arrow::timestamp(millis),
       "[1700000000120, 1700000000000, -1]",
       {"\"2023-11-14T22:13:20.120\"", "\"2023-11-14T22:13:20\"", "\"1969-12-31T23:59:59.999\""}},
      {"Micros",
       arrow::timestamp(micros),
       "[1700000000000001, -62135596800000000, -62167219200000001]",
       {"\"2023-11-14T22:13:20.000001\"", "\"0001-01-01T00:00:00\"",
        "\"-0001-12-31T23:59:59.999999\""}},
      {"Nanos",
       arrow::timestamp(nanos),
       "[1700000000000000001, -1]",
       {"\"2023-11-14T22:13:20.000000001\"", "\"1969-12-31T23:59:59.999999999\""}},
      {"SecondsInUtc",
       arrow::timestamp(seconds, "UTC"),
       "[253402300799, 253402300800]",
       {"\"9999-12-31T23:59:59Z\"", "\"+10000-01-01T00:00:00Z\""}},
      {"MillisInNewYork",
       arrow::timestamp(millis, "America/New_York"),
       "[1700000000120, null]",
       {"\"2023-11-14T22:13:20.120Z\"", "null"}},
      {"MicrosOfAnOffset",
       arrow::timestamp(micros, "+05:30"),
       "[1]",
       {"\"1970-01-01T00:00:00.000001Z\""}},
      {"NanosInTokyo",
       arrow::timestamp(nanos, "Asia/Tokyo"),
       "[-1]",
       {"\"1969-12-31T23:59:59.999999999Z\""}},
      {"EndsOfSeconds",
       arrow::timestamp(seconds),
       ends,
       {"\"-292277022657-01-27T08:29:52\"", "\"+292277026596-12-04T15:30:07\""}},
      {"EndsOfMillis",
       arrow::timestamp(millis),
       ends,
       {"\"-292275055-05-16T16:47:04.192\"", "\"+292278994-08-17T07:12:55.807\""}},
      {"EndsOfMicros",
       arrow::timestamp(micros),
       ends,
       {"\"-290308-12-21T19:59:05.224192\"", "\"+294247-01-10T04:00:54.775807\""}},
      {"EndsOfNanos",
       arrow::timestamp(nanos),
       ends,
       {"\"1677-09-21T00:12:43.145224192\"", "\"2262-04-11T23:47:16.854775807\""}},
  };
}

std::vector<Sample> TimeValues() {
  return {
      {"Date32",
       arrow::date32(),
       "[-719468, -25509, 0, 11016, 19782, 47540, null]",
       {"\"0000-03-01\"", "\"1900-02-28\"", "\"1970-01-01\"", "\"2000-02-29\"", "\"2024-02-29\"",
        "\"2100-02-28\"", "null"}},
      {"EndsOfDate32",
       arrow::date32(),
       "[-2147483648, 2147483647]",
       {"\"-5877641-06-23\"", "\"+5881580-07-11\""}},
      {"Date64",
       arrow::date64(),
       "[-86400000, 1700006400000]",
       {"\"1969-12-31\"", "\"2023-11-15\""}},
      {"Time32Seconds",
       arrow::time32(arrow::TimeUnit::SECOND),
       "[0, 86399, null]",
       {"\"00:00:00\"", "\"23:59:59\"", "null"}},
      {"Time32Millis",
       arrow::time32(arrow::TimeUnit::MILLI),
       "[5, 3600000]",
       {"\"00:00:00.005\"", "\"01:00:00\""}},
      {"Time64Micros",
       arrow::time64(arrow::TimeUnit::MICRO),
       "[86399999999]",
       {"\"23:59:59.999999\""}},
      {"Time64Nanos", arrow::time64(arrow::TimeUnit::NANO), "[1]", {"\"00:00:00.000000001\""}},
      {"DurationSeconds",
       arrow::duration(arrow::TimeUnit::SECOND),
       "[9223372036854775807, 60, null]",
       {"\"P106751991167300DT15H30M7S\"", "\"PT1M\"", "null"}},
      {"DurationNanos",
       arrow::duration(arrow::TimeUnit::NANO),
       "[-9223372036854775808, 120000000]",
       {"\"-P106751DT23H47M16.854775808S\"", "\"PT0.12S\""}},
      {"Months", arrow::month_interval(), "[-13, 12, 0]", {"\"P-1Y-1M\"", "\"P1Y\"", "\"PT0S\""}},
      {"DayTime",
       arrow::day_time_interval(),
       "[[0, -1], [1, 60000], null]",
       {"\"PT-0.001S\"", "\"P1DT1M\"", "null"}},
      {"MonthDayNano",
       arrow::month_day_nano_interval(),
       "[[0, 0, -9223372036854775808], [1, -1, 1]]",
       {"\"PT-2562047H-47M-16.854775808S\"", "\"P1M-1DT0.000000001S\""}},
  };
}

std::vector<Sample> BytesValues() {
  const std::string bytes = R"(["\u0000\u00ff", "f", "fo", "foo", "foob", null])";
  const Values base64 = {"\"AMO/\"", "\"Zg==\"", "\"Zm8=\"", "\"Zm9v\"", "\"Zm9vYg==\"", "null"};
  return {
      {"Binary", arrow::binary(), bytes, base64},
      {"LargeBinary", arrow::large_binary(), bytes, base64},
      {"BinaryView", arrow::binary_view(), bytes, base64},
      {"LongBinaryView",
       arrow::binary_view(),
       R"(["longer than twelve bytes"])",
       {"\"bG9uZ2VyIHRoYW4gdHdlbHZlIGJ5dGVz\""}},
      {"FixedSizeBinary", arrow::fixed_size_binary(2), R"(["ab", null])", {"\"YWI=\"", "null"}},
      {"String", arrow::utf8(), R"(["x", " spaces ", null])", {"\"x\"", "\" spaces \"", "null"}},
      {"LargeString", arrow::large_utf8(), R"(["x", null])", {"\"x\"", "null"}},
      {"StringView",
       arrow::utf8_view(),
       R"(["short", "longer than twelve bytes", null])",
       {"\"short\"", "\"longer than twelve bytes\"", "null"}},
      {"DictionaryOfText",
       arrow::dictionary(arrow::uint8(), arrow::large_utf8()),
       R"(["x", "y", "x", null])",
       {"\"x\"", "\"y\"", "\"x\"", "null"}},
      {"DictionaryOfNumbers",
       arrow::dictionary(arrow::int64(), arrow::float64()),
       "[1, NaN, null]",
       {"1.0", "\"NaN\"", "null"}},
  };
}

std::string NameOf(const testing::TestParamInfo<Sample>& sample) { return sample.param.name; }

INSTANTIATE_TEST_SUITE_P(Number, BareValueTest, testing::ValuesIn(NumberValues()), NameOf);
INSTANTIATE_TEST_SUITE_P(Timestamp, BareValueTest, testing::ValuesIn(TimestampValues()), NameOf);
INSTANTIATE_TEST_SUITE_P(Time, BareValueTest, testing::ValuesIn(TimeValues()), NameOf);
INSTANTIATE_TEST_SUITE_P(Bytes, BareValueTest, testing::ValuesIn(BytesValues()), NameOf);

template <typename Builder>
ArrayPtr TextsOf(const Values& values) {
  Builder builder;
  for (const std::string& value : values) EXPECT_TRUE(builder.Append(value).ok());
  return builder.Finish().ValueOrDie();
}

Values JsonOfText(const std::string& text) {
  return {JsonOf(TextsOf<arrow::StringBuilder>({text})).front(),
          JsonOf(TextsOf<arrow::LargeStringBuilder>({text})).front(),
          JsonOf(TextsOf<arrow::StringViewBuilder>({text})).front()};
}

TEST(JsonTextTest, EscapesControlCharactersQuotesAndBackslashes) {
  for (char c = 0; c < 0x20; ++c) {
    if (c == '\n' || c == '\r' || c == '\t') continue;
    const std::string digits = {c < 0x10 ? '0' : '1', "0123456789abcdef"[c % 16]};
    EXPECT_THAT(JsonOfText(std::string("a") + c + "b"), Each("\"a\\u00" + digits + "b\""));
  }
  EXPECT_THAT(JsonOfText("\n\r\t\"\\/"), Each(R"("\n\r\t\"\\/")"));
  EXPECT_THAT(JsonOfText("\"\""), Each(R"("\"\"")"));
}

TEST(JsonTextTest, LeavesEveryOtherCharacterAsItIs) {
  const std::string text = "\x7f \xe2\x80\xa8 \xf0\x9f\x9a\x80 h\xc3\xa9 <&>'";
  EXPECT_THAT(JsonOfText(text), Each("\"" + text + "\""));
  EXPECT_THAT(JsonOfText(""), Each("\"\""));
}

TEST(JsonTextTest, EscapesNamesToo) {
  const auto column = ArrayOf(arrow::int8(), "[1]");
  const auto schema = arrow::schema({arrow::field("a\n\"", arrow::int8())});
  const auto batch = arrow::RecordBatch::Make(schema, 1, {column});
  EXPECT_EQ(Encoded(WireFormat::kNdjson, {batch}), "{\"a\\n\\\"\":1}\n");
}

TEST(JsonTextTest, FindsAFreeNumberForANameThatStandsTwice) {
  const auto field = arrow::field("a", arrow::int8());
  const auto schema =
      arrow::schema({field, arrow::field("a_1", arrow::int8()), field, field->WithName("A")});
  const auto column = ArrayOf(arrow::int8(), "[1]");
  const auto batch = arrow::RecordBatch::Make(schema, 1, {column, column, column, column});
  EXPECT_EQ(Encoded(WireFormat::kNdjson, {batch}), "{\"a\":1,\"a_1\":1,\"a_2\":1,\"A\":1}\n");
}

TEST(CsvTextTest, QuotesOnlyWhatWouldReadAsSomethingElse) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "\"\""},         {"NA", "\"NA\""},         {"na", "na"},
      {"null", "null"},     {"NaN", "NaN"},           {" x ", " x "},
      {"a\tb", "a\tb"},     {"a,b", "\"a,b\""},       {"\"", "\"\"\"\""},
      {"a\rb", "\"a\rb\""}, {"a\r\nb", "\"a\r\nb\""}, {"\n", "\"\n\""},
      {"'", "'"},           {"\\\"", "\"\\\"\"\""},   {"h\xc3\xa9", "h\xc3\xa9"},
      {"\x01;", "\x01;"},
  };
  for (const auto& [text, csv] : cases) {
    EXPECT_EQ(CsvOf(TextsOf<arrow::StringBuilder>({text})), csv + "\n") << text;
    EXPECT_EQ(CsvOf(TextsOf<arrow::StringViewBuilder>({text})), csv + "\n") << text;
  }
}

TEST(CsvTextTest, TellsNoBytesFromNull) {
  for (const auto& type :
       {arrow::binary(), arrow::large_binary(), arrow::binary_view(), arrow::utf8()}) {
    EXPECT_EQ(CsvOf(ArrayOf(type, R"(["", null])")), "\"\"\n\n") << type->ToString();
    const auto dictionary = arrow::dictionary(arrow::int8(), type);
    EXPECT_EQ(CsvOf(ArrayOf(dictionary, R"(["", null])")), "\"\"\n\n") << type->ToString();
  }
  EXPECT_EQ(CsvOf(ArrayOf(arrow::fixed_size_binary(0), R"(["", null])")), "\"\"\n\n");
}

TEST(CsvTextTest, LeavesEachNullOfARowEmpty) {
  const auto schema =
      arrow::schema({arrow::field("a", arrow::int8()), arrow::field("b", arrow::utf8()),
                     arrow::field("c", arrow::list(arrow::int8()))});
  const auto batch = arrow::RecordBatch::Make(
      schema, 2,
      {ArrayOf(arrow::int8(), "[null, 1]"), ArrayOf(arrow::utf8(), R"([null, "x"])"),
       ArrayOf(arrow::list(arrow::int8()), "[null, [null]]")});
  EXPECT_EQ(Encoded(WireFormat::kCsv, {batch}), "a,b,c\n,,\n1,x,[null]\n");
}

TEST(CsvTextTest, QuotesNamesLikeValues) {
  const auto schema =
      arrow::schema({arrow::field("", arrow::int8()), arrow::field("say \"hi\"", arrow::int8()),
                     arrow::field("two\nlines", arrow::int8())});
  EXPECT_EQ(Encode(WireFormat::kCsv, schema, {}).ValueOrDie(),
            "\"\",\"say \"\"hi\"\"\",\"two\nlines\"\n");
}

TEST(EmptyResultTest, IsWhatTheFormatHasForIt) {
  const auto schema =
      arrow::schema({arrow::field("a", arrow::int8()), arrow::field("b", arrow::utf8())});
  const auto empty = arrow::RecordBatch::MakeEmpty(schema).ValueOrDie();
  for (const Batches& batches : {Batches{}, Batches{empty}, Batches{empty, empty}}) {
    EXPECT_EQ(Encode(WireFormat::kJson, schema, batches).ValueOrDie(), "[]\n");
    EXPECT_EQ(Encode(WireFormat::kNdjson, schema, batches).ValueOrDie(), "");
    EXPECT_EQ(Encode(WireFormat::kCsv, schema, batches).ValueOrDie(), "a,b\n");
  }
}

TEST(EmptyResultTest, MayHaveRowsWithoutColumns) {
  const auto batch = arrow::RecordBatch::Make(arrow::schema({}), 2, arrow::ArrayVector{});
  EXPECT_EQ(Encoded(WireFormat::kJson, {batch}), "[{},\n{}]\n");
  EXPECT_EQ(Encoded(WireFormat::kNdjson, {batch}), "{}\n{}\n");
}

TEST(SeveralBatchesTest, AreOneBodyWhateverEmptyOnesAreAmongThem) {
  const auto one = BatchOf(arrow::int8(), "[1]");
  const auto two = BatchOf(arrow::int8(), "[2, null]");
  const auto none = one->Slice(0, 0);
  const Batches batches = {none, one, none, two, none};
  EXPECT_EQ(Encoded(WireFormat::kJson, batches), "[{\"a\":1},\n{\"a\":2},\n{\"a\":null}]\n");
  EXPECT_EQ(Encoded(WireFormat::kNdjson, batches), "{\"a\":1}\n{\"a\":2}\n{\"a\":null}\n");
  EXPECT_EQ(Encoded(WireFormat::kCsv, batches), "a\n1\n2\n\n");
}

TEST(SeveralBatchesTest, MayHaveADictionaryEach) {
  const auto type = arrow::dictionary(arrow::int8(), arrow::utf8());
  const Batches batches = {BatchOf(type, R"(["x", "y"])"), BatchOf(type, R"(["z", "x"])")};
  EXPECT_EQ(Encoded(WireFormat::kCsv, batches), "a\nx\ny\nz\nx\n");
}

}  // namespace
}  // namespace arrowport::stream
