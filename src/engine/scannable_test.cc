#include "engine/scannable.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/limits.h"
#include "engine/test_arrays.h"
#include "engine/test_batches.h"

namespace arrowport::engine {
namespace {

using testing::Land;
using testing::OpenMemory;
using testing::RandomArrays;
using testing::ReadAll;
using testing::TextOf;

constexpr unsigned kSeed = 20240229;

std::shared_ptr<arrow::RecordBatch> OneColumn(const std::shared_ptr<arrow::Array>& array) {
  return arrow::RecordBatch::Make(arrow::schema({arrow::field("v", array->type())}),
                                  array->length(), {array});
}

TEST(ScannableTest, LandsRandomNestedTypesAsTheyAreWholeAndSliced) {
  RandomArrays random(kSeed);
  auto database = OpenMemory();
  for (int round = 0; round < 30; ++round) {
    const auto type = random.Type(3);
    SCOPED_TRACE("seed " + std::to_string(kSeed) + ", round " + std::to_string(round) + ": " +
                 type->ToString());
    const auto array = random.Values(type, 7'000);
    ASSERT_TRUE(array->ValidateFull().ok());
    const std::string table = "t" + std::to_string(round);
    // More than a vector of DuckDB at once, and slices that begin anywhere.
    auto rows = Land(*database, table,
                     {OneColumn(array), OneColumn(array->Slice(1'234, 4'321)),
                      OneColumn(array->Slice(6'999)), OneColumn(array->Slice(3, 0))});
    ASSERT_TRUE(rows.ok()) << rows.status();
    auto back = ReadAll(*database, "FROM " + table);
    ASSERT_TRUE(back.ok()) << back.status();
    const auto actual = arrow::Concatenate((*back)->column(0)->chunks()).ValueOrDie();
    ASSERT_TRUE(actual->ValidateFull().ok());
    const auto sent =
        arrow::Concatenate({array, array->Slice(1'234, 4'321), array->Slice(6'999)}).ValueOrDie();
    ASSERT_EQ(actual->length(), sent->length());
    for (int64_t i = 0; i < sent->length(); ++i) {
      ASSERT_EQ(TextOf(*actual, i), TextOf(*sent, i)) << "row " << i;
    }
  }
}

TEST(ScannableTest, LandsIntervalsOfDaysAndMilliseconds) {
  auto database = OpenMemory();
  arrow::DayTimeIntervalBuilder builder;
  ASSERT_TRUE(builder.Append({1, 2}).ok());
  ASSERT_TRUE(builder.AppendNull().ok());
  ASSERT_TRUE(builder.Append({-3, -4'000}).ok());
  ASSERT_TRUE(Land(*database, "t", {OneColumn(builder.Finish().ValueOrDie())}).ok());
  auto back = ReadAll(*database, "FROM t");
  ASSERT_TRUE(back.ok()) << back.status();
  const auto& values =
      static_cast<const arrow::MonthDayNanoIntervalArray&>(*(*back)->column(0)->chunk(0));
  EXPECT_EQ(values.GetValue(0), (arrow::MonthDayNanoIntervalType::MonthDayNanos{0, 1, 2'000'000}));
  EXPECT_TRUE(values.IsNull(1));
  EXPECT_EQ(values.GetValue(2),
            (arrow::MonthDayNanoIntervalType::MonthDayNanos{0, -3, -4'000'000'000}));
}

TEST(ScannableTest, PassesPlainBatchesAsTheyAre) {
  const auto batch = testing::MakeRows(0, 10)->Slice(2, 5);
  const Scannable scannable(batch->schema());
  EXPECT_EQ(scannable.schema(), batch->schema());
  EXPECT_EQ(scannable.Convert(batch).ValueOrDie(), batch);
}

TEST(ScannableTest, RefusesADictionaryThatWouldFillMemoryWhenWrittenOut) {
  arrow::StringBuilder words;
  ASSERT_TRUE(words.Append(std::string(kMiB, 'x')).ok());
  arrow::Int8Builder indices;
  ASSERT_TRUE(indices.AppendValues(std::vector<int8_t>(1'000, 0)).ok());
  const auto dictionary =
      arrow::DictionaryArray::FromArrays(indices.Finish().ValueOrDie(), words.Finish().ValueOrDie())
          .ValueOrDie();
  const auto batch = OneColumn(
      arrow::StructArray::Make({dictionary}, std::vector<std::string>{"word"}).ValueOrDie());
  const Status status = Scannable(batch->schema()).Convert(batch).status();
  EXPECT_EQ(KindOf(status), ErrorKind::kTooLarge) << status;
}

}  // namespace
}  // namespace arrowport::engine
