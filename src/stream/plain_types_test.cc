#include "stream/plain_types.h"

#include <memory>

#include <arrow/api.h>
#include <arrow/json/from_string.h>
#include <gtest/gtest.h>

namespace arrowport::stream {
namespace {

using arrow::json::ArrayFromJSONString;

TEST(PlainTypesTest, DictionariesAreTheirValues) {
  const auto mood = arrow::dictionary(arrow::uint8(), arrow::utf8());
  const auto indices = ArrayFromJSONString(arrow::uint8(), "[1, null, 0]").ValueOrDie();
  const auto moods = ArrayFromJSONString(arrow::utf8(), R"(["sad", "glad"])").ValueOrDie();
  const auto column = arrow::DictionaryArray::FromArrays(mood, indices, moods).ValueOrDie();
  const auto offsets = ArrayFromJSONString(arrow::int32(), "[0, 2, 2, 3]").ValueOrDie();
  const auto list = arrow::ListArray::FromArrays(*offsets, *column).ValueOrDie();
  const auto schema = arrow::schema(
      {arrow::field("mood", mood, /*nullable=*/false), arrow::field("l", list->type())});
  const auto plain = PlainSchema(schema);
  EXPECT_EQ(plain->ToString(), "mood: string not null\nl: list<item: string>");
  const auto batch =
      ToPlain(*arrow::RecordBatch::Make(schema, 3, {column, list}), plain).ValueOrDie();
  ASSERT_TRUE(batch->ValidateFull().ok());
  EXPECT_TRUE(batch->column(0)->Equals(
      *ArrayFromJSONString(arrow::utf8(), R"(["glad", null, "sad"])").ValueOrDie()));
  EXPECT_TRUE(batch->column(1)->Equals(
      *ArrayFromJSONString(arrow::list(arrow::utf8()), R"([["glad", null], [], ["sad"]])")
           .ValueOrDie()));
}

TEST(PlainTypesTest, DecimalsTellTheirDigits) {
  const auto schema = arrow::schema(
      {arrow::field("d", arrow::decimal128(9, 2)), arrow::field("i", arrow::int64())});
  const auto plain = PlainSchema(schema);
  EXPECT_EQ(*plain->field(0)->metadata()->Get("ARROW:FLIGHT:SQL:PRECISION"), "9");
  EXPECT_EQ(*plain->field(0)->metadata()->Get("ARROW:FLIGHT:SQL:SCALE"), "2");
  EXPECT_TRUE(plain->field(1)->Equals(schema->field(1), /*check_metadata=*/true));
}

TEST(PlainTypesTest, WhatIsPlainStaysAsItIs) {
  const auto schema =
      arrow::schema({arrow::field("s", arrow::struct_({arrow::field("x", arrow::int32(), false)})),
                     arrow::field("m", arrow::map(arrow::utf8(), arrow::float64()))});
  EXPECT_TRUE(PlainSchema(schema)->Equals(*schema, /*check_metadata=*/true));
}

}  // namespace
}  // namespace arrowport::stream
