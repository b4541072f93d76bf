#include <cstddef>
#include <memory>
#include <string>

#include <arrow/array.h>
#include <arrow/buffer.h>
#include <arrow/extension/json.h>
#include <arrow/extension/uuid.h>
#include <arrow/extension_type.h>
#include <arrow/json/from_string.h>
#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stream/batch_encoder.h"
#include "stream/encoder_samples.h"

namespace arrowport::stream {
namespace {

using TypePtr = std::shared_ptr<arrow::DataType>;
using ArrayPtr = std::shared_ptr<arrow::Array>;

ArrayPtr ArrayOf(const TypePtr& type, const std::string& json) {
  return arrow::json::ArrayFromJSONString(type, json).ValueOrDie();
}

/// What NDJSON makes of the values of a column, one a line.
std::string JsonOf(const ArrayPtr& column) {
  std::string lines = Encoded(WireFormat::kNdjson, {BatchOf(column)});
  for (size_t place = 0; (place = lines.find("{\"a\":", place)) != std::string::npos;) {
    // Only at the start of a line: "a" may be a name within the value, too.
    if (place == 0 || lines[place - 1] == '\n') {
      lines.erase(place, 5);
      lines.erase(lines.find('\n', place) - 1, 1);
    }
    ++place;
  }
  return lines;
}

std::string JsonOf(const TypePtr& type, const std::string& values) {
  return JsonOf(ArrayOf(type, values));
}

std::string CsvOf(const ArrayPtr& column) {
  return Encoded(WireFormat::kCsv, {BatchOf(column)}).substr(2);
}

TEST(NestedListTest, HasNullsAtEveryLevel) {
  const std::string values = R"([[["x", null], null, []], [], null])";
  const std::string json = "[[\"x\",null],null,[]]\n[]\nnull\n";
  const auto& text = arrow::utf8();
  EXPECT_EQ(JsonOf(arrow::list(arrow::list(text)), values), json);
  EXPECT_EQ(JsonOf(arrow::large_list(arrow::list(text)), values), json);
  EXPECT_EQ(JsonOf(arrow::list_view(arrow::large_list(text)), values), json);
  EXPECT_EQ(JsonOf(arrow::list(arrow::large_list_view(text)), values), json);
}

TEST(NestedListTest, QuotesWithinAsOutside) {
  EXPECT_EQ(JsonOf(arrow::list(arrow::float64()), "[[NaN, -Inf, 1]]"),
            "[\"NaN\",\"-Infinity\",1.0]\n");
  EXPECT_EQ(JsonOf(arrow::list(arrow::utf8()), R"([["\"", "\n"]])"), "[\"\\\"\",\"\\n\"]\n");
  EXPECT_EQ(JsonOf(arrow::list(arrow::binary()), R"([["", "a"]])"), "[\"\",\"YQ==\"]\n");
  EXPECT_EQ(JsonOf(arrow::list(arrow::timestamp(arrow::TimeUnit::NANO, "UTC")), "[[1, null]]"),
            "[\"1970-01-01T00:00:00.000000001Z\",null]\n");
  EXPECT_EQ(JsonOf(arrow::list(arrow::decimal128(4, 2)), R"([["1.50", null]])"), "[1.50,null]\n");
}

TEST(NestedListTest, OfAFixedSizeSkipsTheValuesOfNulls) {
  const auto type = arrow::fixed_size_list(arrow::int8(), 2);
  const auto column = ArrayOf(type, "[[1, 2], null, [3, null]]");
  EXPECT_EQ(JsonOf(column), "[1,2]\nnull\n[3,null]\n");
  EXPECT_EQ(JsonOf(column->Slice(1)), "null\n[3,null]\n");
  EXPECT_EQ(JsonOf(arrow::fixed_size_list(arrow::int8(), 0), "[[], null]"), "[]\nnull\n");
}

TEST(NestedListTest, MayPointIntoItsValuesInAnyOrder) {
  const auto column = arrow::ListViewArray::FromArrays(*ArrayOf(arrow::int32(), "[2, 0, 1]"),
                                                       *ArrayOf(arrow::int32(), "[1, 2, 2]"),
                                                       *ArrayOf(arrow::int8(), "[7, 8, 9]"))
                          .ValueOrDie();
  EXPECT_EQ(JsonOf(column), "[9]\n[7,8]\n[8,9]\n");
}

TEST(NestedListTest, OfNullsHasThemAll) {
  EXPECT_EQ(JsonOf(arrow::list(arrow::null()), "[[null, null], []]"), "[null,null]\n[]\n");
}

TEST(NestedStructTest, HasNullsAtEveryLevel) {
  const auto inner = arrow::struct_({arrow::field("x", arrow::int8())});
  const auto type = arrow::struct_({arrow::field("s", inner), arrow::field("t", arrow::utf8())});
  EXPECT_EQ(JsonOf(type, R"([{"s": {"x": 1}, "t": "a"}, {"s": {"x": null}, "t": null},
                             {"s": null, "t": "b"}, null])"),
            "{\"s\":{\"x\":1},\"t\":\"a\"}\n{\"s\":{\"x\":null},\"t\":null}\n"
            "{\"s\":null,\"t\":\"b\"}\nnull\n");
}

TEST(NestedStructTest, IsNullEvenWhereItsFieldsHaveValues) {
  const auto fields = ArrayOf(arrow::int8(), "[1, 2]");
  const auto bitmap = arrow::Buffer::FromString(std::string(1, 0b10));
  const auto column =
      arrow::StructArray::Make({fields}, {arrow::field("x", arrow::int8())}, bitmap).ValueOrDie();
  EXPECT_EQ(JsonOf(column), "null\n{\"x\":2}\n");
  EXPECT_EQ(CsvOf(column), "\n\"{\"\"x\"\":2}\"\n");
}

TEST(NestedStructTest, TellsFieldsOfTheSameNameApartAndEscapesThem) {
  const auto fields = {arrow::field("x", arrow::int8()), arrow::field("x", arrow::int8()),
                       arrow::field("\"", arrow::int8())};
  const auto one = ArrayOf(arrow::int8(), "[1]");
  const auto column = arrow::StructArray::Make({one, one, one}, fields).ValueOrDie();
  EXPECT_EQ(JsonOf(column), "{\"x\":1,\"x_1\":1,\"\\\"\":1}\n");
}

TEST(NestedStructTest, MayHaveNoFields) {
  EXPECT_EQ(JsonOf(arrow::struct_({}), "[{}, null]"), "{}\nnull\n");
}

TEST(NestedMapTest, IsAnObjectOfTextAndPairsOfOtherKeys) {
  for (const auto& key : {arrow::utf8(), arrow::large_utf8(), arrow::utf8_view(),
                          arrow::dictionary(arrow::int8(), arrow::utf8())}) {
    EXPECT_EQ(JsonOf(arrow::map(key, arrow::int8()), R"([[["k\"", 1], ["l", null]], [], null])"),
              "{\"k\\\"\":1,\"l\":null}\n{}\nnull\n")
        << key->ToString();
  }
  EXPECT_EQ(JsonOf(arrow::map(arrow::date32(), arrow::utf8()), R"([[[0, "x"], [1, null]], []])"),
            "[[\"1970-01-01\",\"x\"],[\"1970-01-02\",null]]\n[]\n");
}

TEST(NestedMapTest, NestsAndIsCut) {
  const auto type =
      arrow::map(arrow::utf8(), arrow::list(arrow::map(arrow::int8(), arrow::boolean())));
  const auto column =
      ArrayOf(type, R"([[["k", [[[1, true]], null]]], [["l", []], ["m", null]], null])");
  EXPECT_EQ(JsonOf(column), "{\"k\":[[[1,true]],null]}\n{\"l\":[],\"m\":null}\nnull\n");
  EXPECT_EQ(JsonOf(column->Slice(1, 1)), "{\"l\":[],\"m\":null}\n");
}

// A key in a dictionary may be null without the column of keys having a null.
TEST(NestedMapTest, StaysJsonWhereAKeyIsNull) {
  const auto type = arrow::dictionary(arrow::int8(), arrow::utf8());
  const auto keys = arrow::DictionaryArray::FromArrays(type, ArrayOf(arrow::int8(), "[0, 1]"),
                                                       ArrayOf(arrow::utf8(), R"(["k", null])"))
                        .ValueOrDie();
  const auto column = arrow::MapArray::FromArrays(ArrayOf(arrow::int32(), "[0, 2]"), keys,
                                                  ArrayOf(arrow::int8(), "[1, 2]"))
                          .ValueOrDie();
  EXPECT_EQ(JsonOf(column), "{\"k\":1,\"null\":2}\n");
}

TEST(NestedDictionaryTest, IsNullWhereItsIndexOrItsValueIs) {
  const auto type = arrow::dictionary(arrow::uint8(), arrow::utf8());
  const auto column =
      arrow::DictionaryArray::FromArrays(type, ArrayOf(arrow::uint8(), "[0, 1, null]"),
                                         ArrayOf(arrow::utf8(), R"(["x", null])"))
          .ValueOrDie();
  EXPECT_EQ(JsonOf(column), "\"x\"\nnull\nnull\n");
  EXPECT_EQ(CsvOf(column), "x\n\n\n");
}

TEST(NestedDictionaryTest, QuotesItsValuesInJsonOnly) {
  const auto values = ArrayOf(arrow::timestamp(arrow::TimeUnit::MILLI, "UTC"), "[0, 5]");
  const auto column =
      arrow::DictionaryArray::FromArrays(arrow::dictionary(arrow::int8(), values->type()),
                                         ArrayOf(arrow::int8(), "[1]"), values)
          .ValueOrDie();
  EXPECT_EQ(JsonOf(column), "\"1970-01-01T00:00:00.005Z\"\n");
  EXPECT_EQ(CsvOf(column), "1970-01-01T00:00:00.005Z\n");
}

TEST(NestedDictionaryTest, MayHoldListsAndStandInThem) {
  const auto lists = arrow::list(arrow::dictionary(arrow::int8(), arrow::utf8()));
  EXPECT_EQ(JsonOf(lists, R"([["x", null, "x"], null])"), "[\"x\",null,\"x\"]\nnull\n");
  const auto column = arrow::DictionaryArray::FromArrays(arrow::dictionary(arrow::int8(), lists),
                                                         ArrayOf(arrow::int8(), "[1, 0, 1]"),
                                                         ArrayOf(lists, R"([["x"], ["y"]])"))
                          .ValueOrDie();
  EXPECT_EQ(JsonOf(column), "[\"y\"]\n[\"x\"]\n[\"y\"]\n");
  EXPECT_EQ(CsvOf(column->Slice(2)), "\"[\"\"y\"\"]\"\n");
}

TEST(NestedRunTest, IsItsValueAtEveryRowOfARun) {
  const auto column = arrow::RunEndEncodedArray::Make(6, ArrayOf(arrow::int16(), "[2, 3, 6]"),
                                                      ArrayOf(arrow::utf8(), R"(["x", null, ""])"))
                          .ValueOrDie();
  EXPECT_EQ(JsonOf(column), "\"x\"\n\"x\"\nnull\n\"\"\n\"\"\n\"\"\n");
  EXPECT_EQ(CsvOf(column), "x\nx\n\n\"\"\n\"\"\n\"\"\n");
  EXPECT_EQ(JsonOf(column->Slice(1, 3)), "\"x\"\nnull\n\"\"\n");
}

TEST(NestedUnionTest, IsItsValueInEitherMode) {
  const arrow::FieldVector fields = {arrow::field("i", arrow::int32()),
                                     arrow::field("f", arrow::float64()),
                                     arrow::field("l", arrow::list(arrow::utf8()))};
  const std::string values = R"([[7, ["x"]], [5, 1], [3, NaN], [3, null], [5, 2]])";
  const std::string json = "[\"x\"]\n1\n\"NaN\"\nnull\n2\n";
  for (const auto& type :
       {arrow::dense_union(fields, {5, 3, 7}), arrow::sparse_union(fields, {5, 3, 7})}) {
    const auto column = ArrayOf(type, values);
    EXPECT_EQ(JsonOf(column), json) << type->ToString();
    EXPECT_EQ(JsonOf(column->Slice(2, 3)), "\"NaN\"\nnull\n2\n") << type->ToString();
    EXPECT_EQ(CsvOf(column), "\"[\"\"x\"\"]\"\n1\nNaN\n\n2\n") << type->ToString();
  }
}

TEST(NestedExtensionTest, IsWrittenAsItIsStoredAndAUuidAsText) {
  const auto ids = ArrayOf(arrow::fixed_size_binary(16), R"(["0123456789abcdef", null])");
  const auto uuids = arrow::ExtensionType::WrapArray(arrow::extension::uuid(), ids);
  EXPECT_EQ(JsonOf(uuids), "\"30313233-3435-3637-3839-616263646566\"\nnull\n");
  EXPECT_EQ(CsvOf(uuids), "30313233-3435-3637-3839-616263646566\n\n");
  const auto texts = ArrayOf(arrow::utf8(), R"(["{\"k\": 1}", null])");
  const auto json = arrow::ExtensionType::WrapArray(arrow::extension::json(), texts);
  EXPECT_EQ(JsonOf(json), "\"{\\\"k\\\": 1}\"\nnull\n");
  EXPECT_EQ(CsvOf(json), "\"{\"\"k\"\": 1}\"\n\n");
}

}  // namespace
}  // namespace arrowport::stream
