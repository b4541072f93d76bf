#include "base/batch_bytes.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <arrow/api.h>
#include <arrow/array/util.h>
#include <arrow/testing/builder.h>
#include <gtest/gtest.h>

#include "base/limits.h"

namespace arrowport {
namespace {

std::shared_ptr<arrow::RecordBatch> OneColumn(const std::shared_ptr<arrow::Array>& array) {
  return arrow::RecordBatch::Make(arrow::schema({arrow::field("v", array->type())}),
                                  array->length(), {array});
}

TEST(BytesOfTest, CountsOnlyWhatASliceRefersTo) {
  std::shared_ptr<arrow::Array> numbers;
  arrow::ArrayFromVector<arrow::Int64Type>({1, 2, 3, 4, 5, 6, 7, 8}, &numbers);
  EXPECT_EQ(BytesOf(*OneColumn(numbers)), 64);
  EXPECT_EQ(BytesOf(*OneColumn(numbers)->Slice(2, 3)), 24);
}

TEST(BytesOfTest, ReadsNoOffsetsOfTextsThatAreNotThere) {
  // As Arrow's format allows: an empty column's buffer of offsets may be empty too.
  for (const auto& type : {arrow::utf8(), arrow::large_binary()}) {
    const auto nothing = arrow::AllocateBuffer(0).ValueOrDie();
    const auto bytes = std::make_shared<arrow::Buffer>(nothing->data(), 0);
    const auto empty = arrow::ArrayData::Make(type, 0, {nullptr, bytes, bytes}, 0);
    EXPECT_EQ(BytesOf(*OneColumn(arrow::MakeArray(empty))), 0);
  }
}

TEST(BytesOfTest, CountsAUnionWithoutValues) {
  const auto type = arrow::sparse_union({arrow::field("a", arrow::int32())});
  auto empty = arrow::MakeEmptyArray(type).ValueOrDie()->data()->Copy();
  empty->buffers.assign(1, nullptr);
  empty->buffers.push_back(nullptr);  // As Arrow's reader of IPC leaves it.
  EXPECT_EQ(BytesOf(*OneColumn(arrow::MakeArray(empty))), 0);
  // Nor may it be followed where it stands within the values of a dictionary.
  const auto indices = arrow::MakeEmptyArray(arrow::int32()).ValueOrDie();
  const auto lists = arrow::MakeEmptyArray(arrow::list(type)).ValueOrDie()->data()->Copy();
  lists->child_data = {empty};
  const auto words =
      arrow::DictionaryArray::FromArrays(indices, arrow::MakeArray(lists)).ValueOrDie();
  EXPECT_GE(BytesOf(*OneColumn(words)), 0);
}

TEST(BytesOfTest, CountsADenseUnionWhoseRowsAreAllOfOneValue) {
  std::shared_ptr<arrow::Array> words;
  std::shared_ptr<arrow::Array> codes;
  std::shared_ptr<arrow::Array> offsets;
  std::shared_ptr<arrow::Array> bounds;
  arrow::ArrayFromVector<arrow::StringType, std::string>({"a"}, &words);
  arrow::ArrayFromVector<arrow::Int8Type>(std::vector<int8_t>(9, 0), &codes);
  arrow::ArrayFromVector<arrow::Int32Type>(std::vector<int32_t>(9, 0), &offsets);
  arrow::ArrayFromVector<arrow::Int32Type>({0, 1}, &bounds);
  const auto items = arrow::ListArray::FromArrays(*bounds, *words).ValueOrDie();
  const auto values = arrow::DenseUnionArray::Make(*codes, *offsets, {items}).ValueOrDie();
  EXPECT_GT(BytesOf(*OneColumn(values)), 45);
}

TEST(RowGroupPartTest, IsHalvedUntilItFits) {
  std::shared_ptr<arrow::Array> numbers;
  arrow::ArrayFromVector<arrow::Int64Type>({1, 2, 3, 4}, &numbers);
  const auto batch = OneColumn(numbers);  // Of 8 bytes a row, and counted as 9.
  EXPECT_EQ(RowGroupPart(*batch, 9 * limits::kMorselRows), limits::kMorselRows);
  EXPECT_EQ(RowGroupPart(*batch, 9 * limits::kMorselRows - 1), limits::kMorselRows / 2);
  EXPECT_EQ(RowGroupPart(*batch, 9 * limits::kMorselRows / 8), limits::kMorselRows / 8);
  EXPECT_EQ(RowGroupPart(*batch, 1), 1);
}

}  // namespace
}  // namespace arrowport
