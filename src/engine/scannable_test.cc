#include "engine/scannable.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <arrow/api.h>
#include <arrow/extension/opaque.h>
#include <arrow/util/key_value_metadata.h>
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

// Of a type of 64 bits a value.
std::shared_ptr<arrow::Array> Numbers(const std::shared_ptr<arrow::DataType>& type,
                                      const std::vector<std::optional<int64_t>>& values) {
  arrow::Int64Builder builder;
  for (const auto& value : values) EXPECT_TRUE(builder.AppendOrNull(value).ok());
  return builder.Finish().ValueOrDie()->View(type).ValueOrDie();
}

std::shared_ptr<arrow::Array> Words(const std::vector<std::optional<std::string>>& values) {
  arrow::StringBuilder builder;
  for (const auto& value : values) {
    EXPECT_TRUE((value ? builder.Append(*value) : builder.AppendNull()).ok());
  }
  return builder.Finish().ValueOrDie();
}

std::shared_ptr<arrow::Array> Offsets(const std::vector<int32_t>& values) {
  arrow::Int32Builder builder;
  EXPECT_TRUE(builder.AppendValues(values).ok());
  return builder.Finish().ValueOrDie();
}

std::shared_ptr<arrow::Array> Intervals(
    const std::vector<arrow::MonthDayNanoIntervalType::MonthDayNanos>& values) {
  arrow::MonthDayNanoIntervalBuilder builder;
  EXPECT_TRUE(builder.AppendValues(values).ok());
  return builder.Finish().ValueOrDie();
}

// Runs of one value each.
std::shared_ptr<arrow::Array> Runs(const std::shared_ptr<arrow::Array>& values) {
  std::vector<int32_t> ends;
  for (int32_t i = 1; i <= values->length(); ++i) ends.push_back(i);
  arrow::Int32Builder builder;
  EXPECT_TRUE(builder.AppendValues(ends).ok());
  return arrow::RunEndEncodedArray::Make(values->length(), builder.Finish().ValueOrDie(), values)
      .ValueOrDie();
}

// What landed of `array` by an insert, as DuckDB has it in words.
std::string Landed(const std::shared_ptr<arrow::Array>& array) {
  auto database = OpenMemory();
  auto rows = Land(*database, "t", {OneColumn(array)});
  if (!rows.ok()) return rows.status().ToString();
  auto back = ReadAll(*database, "SELECT list(v)::VARCHAR FROM t");
  if (!back.ok()) return back.status().ToString();
  return (*back)->column(0)->GetScalar(0).ValueOrDie()->ToString();
}

TEST(ScannableTest, LandsRunEndsWithinListsOfAFixedSize) {
  const auto pairs = [](const std::shared_ptr<arrow::Array>& values) {
    return arrow::FixedSizeListArray::FromArrays(Runs(values), 2).ValueOrDie();
  };
  EXPECT_EQ(Landed(pairs(Numbers(arrow::int64(), {1, std::nullopt, 3, 4}))), "[[1, NULL], [3, 4]]");
  EXPECT_EQ(Landed(pairs(Numbers(arrow::timestamp(arrow::TimeUnit::MICRO), {0, std::nullopt}))),
            "[[1970-01-01 00:00:00, NULL]]");
  EXPECT_EQ(Landed(pairs(Words({"a", std::nullopt, "b", "c"}))), "[[a, NULL], [b, c]]");
}

TEST(ScannableTest, LandsListsOfRunEndsThatAreAllEmpty) {
  const auto none = Runs(Words({}));
  EXPECT_EQ(Landed(arrow::ListArray::FromArrays(*Offsets({0, 0, 0}), *none).ValueOrDie()),
            "[[], []]");
}

TEST(ScannableTest, LandsMoreGeometriesInListsThanAVectorHasRoomFor) {
  constexpr int kPoints = 5'000;
  std::string point("\x01\x01\0\0\0", 5);
  point.resize(21);
  arrow::BinaryBuilder points;
  for (int i = 0; i < kPoints; ++i) ASSERT_TRUE(points.Append(point).ok());
  const auto geometry = arrow::key_value_metadata({"ARROW:extension:name"}, {"geoarrow.wkb"});
  const auto type = arrow::list(arrow::field("item", arrow::binary(), true, geometry));
  const auto offsets = Offsets({0, kPoints});
  const auto lists =
      arrow::ListArray::FromArrays(type, *offsets, *points.Finish().ValueOrDie()).ValueOrDie();
  auto database = OpenMemory();
  ASSERT_TRUE(Land(*database, "t", {OneColumn(lists)}).ok());
  EXPECT_EQ(*testing::ReadInt(*database, "SELECT len(v) FROM t"), kPoints);
  EXPECT_EQ(*testing::ReadInt(
                *database, "SELECT sum(octet_length(p))::BIGINT FROM (SELECT unnest(v) p FROM t)"),
            kPoints * 21);
}

TEST(ScannableTest, TakesTheCodesOfAUnionForWhatTheyAre) {
  const auto type = arrow::sparse_union(
      {arrow::field("n", arrow::int64()), arrow::field("t", arrow::utf8())}, {1, 0});
  const auto codes = arrow::Buffer::FromVector(std::vector<int8_t>{0, 1});
  const arrow::SparseUnionArray values(
      type, 2, {Numbers(arrow::int64(), {std::nullopt, 7}), Words({"a", std::nullopt})}, codes);
  EXPECT_EQ(Landed(arrow::MakeArray(values.data())), "[a, 7]");
}

TEST(ScannableTest, RoundsTowardsThePast) {
  const auto nano = arrow::TimeUnit::NANO;
  EXPECT_EQ(Landed(Numbers(arrow::timestamp(nano, "UTC"), {-1, 1})),
            "['1969-12-31 23:59:59.999999+00', '1970-01-01 00:00:00+00']");
  EXPECT_EQ(Landed(Numbers(arrow::duration(nano), {-1, 999, -1001})),
            "['-00:00:00.000001', '00:00:00', '-00:00:00.000002']");
  EXPECT_EQ(Landed(Intervals({{0, 1, -1}, {0, 1, 1999}})),
            "['1 day -00:00:00.000001', '1 day 00:00:00.000001']");
}

TEST(ScannableTest, NamesTheBatchTheColumnAndThePlaceOfAValueWithoutAPlaceInDuckDb) {
  const auto batch = OneColumn(
      Numbers(arrow::duration(arrow::TimeUnit::SECOND), {1, std::nullopt, 9223372036854775807}));
  const Status status = Scannable(batch->schema()).Convert(batch, 3).status();
  EXPECT_EQ(KindOf(status), ErrorKind::kInvalidInput);
  EXPECT_THAT(status.message(),
              ::testing::HasSubstr("batch 3, column 'v': value 2, the duration[s] "
                                   "9223372036854775807, is out of the range of an INTERVAL"));
}

TEST(ScannableTest, RefusesBytesThatAreNoneOfDuckDbsOwnTypes) {
  const auto bytes = [](const std::string& type, const std::string& value) {
    arrow::BinaryBuilder builder;
    EXPECT_TRUE(builder.Append(value).ok());
    const auto opaque = arrow::extension::opaque(arrow::binary(), type, "DuckDB");
    return arrow::ExtensionType::WrapArray(opaque, builder.Finish().ValueOrDie());
  };
  EXPECT_EQ(Landed(bytes("bit", "\x05\xFD")), "[101]");
  EXPECT_EQ(Landed(bytes("bignum", std::string("\x80\0\x01\x07", 4))), "[7]");
  for (const auto& [type, value] : std::vector<std::pair<std::string, std::string>>{
           {"bit", ""},
           {"bit", "\x05"},
           {"bit", "\x09\xFF"},
           {"bit", std::string("\x05\0", 2)},
           {"bignum", ""},
           {"bignum", "\x7F"},
           {"bignum", std::string("\x80\0\x09\x07", 4)}}) {
    EXPECT_THAT(Landed(bytes(type, value)), ::testing::HasSubstr("column 'v': value 0 is none of"));
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
  EXPECT_EQ(scannable.Convert(batch, 0).ValueOrDie(), batch);
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
  const Status status = Scannable(batch->schema()).Convert(batch, 0).status();
  EXPECT_EQ(KindOf(status), ErrorKind::kTooLarge) << status;
}

}  // namespace
}  // namespace arrowport::engine
