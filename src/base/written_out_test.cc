#include "base/written_out.h"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/limits.h"

namespace arrowport {
namespace {

using ::testing::HasSubstr;
using ArrayPtr = std::shared_ptr<arrow::Array>;

std::shared_ptr<arrow::RecordBatch> BatchOf(const ArrayPtr& column) {
  return arrow::RecordBatch::Make(arrow::schema({arrow::field("c", column->type())}),
                                  column->length(), {column});
}

ErrorKind OutcomeOf(const ArrayPtr& column, int64_t bytes_max) {
  return KindOf(CheckWrittenOut(*BatchOf(column), bytes_max));
}

// That the values take exactly so much.
void ExpectBytes(const ArrayPtr& column, int64_t bytes) {
  EXPECT_TRUE(CheckWrittenOut(*BatchOf(column), bytes).ok());
  EXPECT_EQ(OutcomeOf(column, bytes - 1), ErrorKind::kTooLarge);
}

ArrayPtr Same(int64_t count, int32_t value) {
  arrow::Int32Builder builder;
  for (int64_t i = 0; i < count; ++i) EXPECT_TRUE(builder.Append(value).ok());
  return *builder.Finish();
}

ArrayPtr Texts(int64_t count, int64_t length) {
  arrow::StringBuilder builder;
  const std::string text(static_cast<size_t>(length), 'x');
  for (int64_t i = 0; i < count; ++i) EXPECT_TRUE(builder.Append(text).ok());
  return *builder.Finish();
}

// Each of `rows` lists is all of `values`.
ArrayPtr ListViews(int64_t rows, const ArrayPtr& values) {
  return *arrow::ListViewArray::FromArrays(
      *Same(rows, 0), *Same(rows, static_cast<int32_t>(values->length())), *values);
}

// One list with all of `values`.
ArrayPtr OneList(const ArrayPtr& values) {
  arrow::Int32Builder offsets;
  EXPECT_TRUE(offsets.AppendValues({0, static_cast<int32_t>(values->length())}).ok());
  return *arrow::ListArray::FromArrays(**offsets.Finish(), *values);
}

ArrayPtr Words(int64_t rows, const ArrayPtr& values) {
  return *arrow::DictionaryArray::FromArrays(Same(rows, 0), values);
}

ArrayPtr OneRun(int32_t rows, const ArrayPtr& value) {
  return *arrow::RunEndEncodedArray::Make(rows, Same(1, rows), value);
}

TEST(WrittenOutTest, FlatColumnsTakeWhatTheyHave) {
  EXPECT_TRUE(CheckWrittenOut(*BatchOf(Texts(100, 1000)), 0).ok());
  EXPECT_TRUE(CheckWrittenOut(*BatchOf(Same(100, 1)), 0).ok());
  EXPECT_EQ(BytesWrittenOut(*BatchOf(Texts(100, 1000))), 0);
}

TEST(WrittenOutTest, TextsOfADictionaryCountForEachRow) {
  ExpectBytes(Words(10, Texts(1, 7)), 70);
  EXPECT_EQ(BytesWrittenOut(*BatchOf(Words(10, Texts(1, 7)))), 70);
  EXPECT_TRUE(CheckWrittenOut(*BatchOf(Words(10, Same(1, 7))), 0).ok());
}

TEST(WrittenOutTest, ADictionaryInAListCountsForEachElement) {
  ExpectBytes(OneList(Words(10, Texts(1, 7))), 10 * (16 + 7));
}

TEST(WrittenOutTest, RunsCountForEachRow) {
  ExpectBytes(OneRun(1'000'000, Same(1, 5)), 4'000'000);
  ExpectBytes(OneRun(1'000'000, Texts(1, 5)), 21'000'000);
  ExpectBytes(OneRun(1'000'000, std::make_shared<arrow::NullArray>(1)), 4'000'000);
  ExpectBytes(OneRun(10'000, Texts(1, 5))->Slice(3000, 5000), 5000 * 21);
}

TEST(WrittenOutTest, ListViewsCountTheirValuesForEachRow) {
  ExpectBytes(ListViews(10'000, Same(1000, 1)), 40'000'000);
  ExpectBytes(ListViews(10'000, Same(1000, 1))->Slice(5000, 10), 40'000);
  const auto within = ListViews(1000, Same(10, 1));
  ExpectBytes(ListViews(2, within), (2 + 1) * 1000 * (16 + 40));
}

TEST(WrittenOutTest, WhatNoNumberCanSayIsTooLarge) {
  ArrayPtr views = Same(100'000, 1);
  for (int i = 0; i < 6; ++i) views = ListViews(100'000, views);
  const Status refused = CheckWrittenOut(*BatchOf(views), kGiB);
  EXPECT_EQ(KindOf(refused), ErrorKind::kTooLarge);
  EXPECT_THAT(refused.message(), HasSubstr("column 'c': its values take more than 1073741824"));
}

// As many lists as rows in Arrow's own layout, each with nulls that take nothing there.
TEST(WrittenOutTest, TheElementsOfAVectorCountAsDuckDbHasThem) {
  const auto nulls = std::make_shared<arrow::NullArray>(1'000'000);
  ExpectBytes(OneList(nulls), 4'000'000);
  ExpectBytes(OneList(*arrow::MakeArrayOfNull(arrow::boolean(), 1000)), 1000);
  ExpectBytes(OneList(Texts(1000, 2)), 18'000);
  ExpectBytes(OneList(OneList(nulls)), 16 + 4'000'000);
  ExpectBytes(std::make_shared<arrow::FixedSizeListArray>(
                  arrow::fixed_size_list(arrow::null(), 500'000), 2, nulls),
              4'000'000);
}

TEST(WrittenOutTest, VectorsOfPlainListsCountOneByOne) {
  const int64_t rows = 3 * 2048;
  const auto lists = std::make_shared<arrow::FixedSizeListArray>(
      arrow::fixed_size_list(arrow::int32(), 2), rows, Same(2 * rows, 1));
  ExpectBytes(lists, 2048 * 8);
}

TEST(WrittenOutTest, StructsCountTheirMembers) {
  const auto both = *arrow::StructArray::Make({ListViews(10, Same(10, 1)), Words(10, Texts(1, 3))},
                                              std::vector<std::string>{"a", "b"});
  ExpectBytes(both, 400 + 10 * (16 + 3));
  ExpectBytes(both->Slice(5, 2), 80 + 2 * (16 + 3));
}

TEST(WrittenOutTest, ColumnsCountTogether) {
  const auto views = ListViews(10, Same(10, 1));
  const auto schema =
      arrow::schema({arrow::field("a", views->type()), arrow::field("b", views->type())});
  const auto batch = arrow::RecordBatch::Make(schema, 10, {views, views});
  EXPECT_TRUE(CheckWrittenOut(*batch, 800).ok());
  EXPECT_THAT(CheckWrittenOut(*batch, 799).message(), HasSubstr("column 'b'"));
  EXPECT_EQ(BytesWrittenOut(*batch), 800);
}

TEST(WrittenOutTest, RunsCountWhereOthersHaveTakenAllThereIs) {
  const auto views = ListViews(10, Same(10, 1));
  const auto runs = OneRun(10, Texts(1, 5));
  const auto schema =
      arrow::schema({arrow::field("a", views->type()), arrow::field("b", runs->type())});
  const auto batch = arrow::RecordBatch::Make(schema, 10, {views, runs});
  EXPECT_THAT(CheckWrittenOut(*batch, 400).message(), HasSubstr("column 'b'"));
  EXPECT_TRUE(CheckWrittenOut(*batch, 400 + 210).ok());
}

TEST(WrittenOutTest, VectorsHaveWhatDuckDbHas) {
  const auto batch = [](const ArrayPtr& column) { return BatchOf(column); };
  EXPECT_EQ(VectorBytes(*batch(Texts(100, 10)), 20, 30), 30 * 26);
  EXPECT_EQ(VectorBytes(*batch(Same(100, 1)), 20, 30), 30 * 4);
  EXPECT_EQ(VectorBytes(*batch(Words(100, Texts(1, 10))), 20, 30), 30 * 26);
  EXPECT_EQ(VectorBytes(*batch(OneList(Texts(10, 4))), 0, 1), 16 + 200);
}

}  // namespace
}  // namespace arrowport
