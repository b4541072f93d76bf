#include "cli/cell_text.h"

#include <cstdint>
#include <limits>
#include <memory>
#include <string>

#include <arrow/array.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/array/builder_time.h>
#include <arrow/array/util.h>
#include <arrow/scalar.h>
#include <gtest/gtest.h>

namespace arrowport::cli {
namespace {

// The value as a one-row array says it.
std::string TextOf(const std::shared_ptr<arrow::Scalar>& scalar) {
  return CellText(*arrow::MakeArrayFromScalar(*scalar, 1).ValueOrDie(), 0);
}

std::string TextOf(const std::shared_ptr<arrow::DataType>& type, const std::string& text) {
  return TextOf(arrow::Scalar::Parse(type, text).ValueOrDie());
}

TEST(CellTextTest, NumbersAreSaidInFullAndWithoutNoise) {
  EXPECT_EQ(TextOf(arrow::int64(), "-9223372036854775808"), "-9223372036854775808");
  EXPECT_EQ(TextOf(arrow::float64(), "0.1"), "0.1");
  EXPECT_EQ(TextOf(arrow::float64(), "15"), "15");
  EXPECT_EQ(TextOf(arrow::float32(), "3.4"), "3.4");
  EXPECT_EQ(TextOf(std::make_shared<arrow::Decimal128Scalar>(arrow::Decimal128(123450),
                                                             arrow::decimal128(15, 2))),
            "1234.50");
  EXPECT_EQ(TextOf(arrow::MakeScalar(std::numeric_limits<double>::quiet_NaN())), "NaN");
}

TEST(CellTextTest, TimesLoseTheFractionThatSaysNothing) {
  const auto micros = arrow::timestamp(arrow::TimeUnit::MICRO);
  EXPECT_EQ(TextOf(micros, "2013-01-01 05:00:00"), "2013-01-01 05:00:00");
  EXPECT_EQ(TextOf(micros, "2013-01-01 05:00:00.250000"), "2013-01-01 05:00:00.25");
  EXPECT_EQ(TextOf(arrow::date32(), "2013-01-01"), "2013-01-01");
}

TEST(CellTextTest, TextStaysOnItsLine) {
  EXPECT_EQ(TextOf(arrow::MakeScalar(std::string("a\nb"))), "a\\nb");
}

TEST(CellTextTest, NullAndBinaryAndBoolean) {
  EXPECT_EQ(TextOf(arrow::MakeNullScalar(arrow::int32())), "NULL");
  EXPECT_EQ(TextOf(arrow::MakeScalar(true)), "true");
  EXPECT_EQ(CellText(*arrow::MakeArrayFromScalar(
                          arrow::BinaryScalar(arrow::Buffer::FromString("\x01\xff")), 1)
                          .ValueOrDie(),
                     0),
            "01ff");
}

TEST(CellTextTest, TheTextNullIsNotNull) {
  EXPECT_EQ(TextOf(arrow::MakeScalar(std::string("NULL"))), "'NULL'");
  EXPECT_EQ(TextOf(arrow::MakeNullScalar(arrow::utf8())), "NULL");
  EXPECT_EQ(TextOf(arrow::MakeScalar(std::string("null"))), "null");
}

TEST(CellTextTest, TextThatIsVeryLongIsCutBetweenItsLetters) {
  const std::string shown = TextOf(arrow::MakeScalar("x" + std::string(2000, 'y')));
  EXPECT_EQ(shown, "x" + std::string(511, 'y') + "…");
  std::string umlauts = "x";
  for (int i = 0; i < 1000; ++i) umlauts += "ü";
  EXPECT_EQ(TextOf(arrow::MakeScalar(umlauts)), umlauts.substr(0, 511) + "…");
}

std::string TextOfInterval(int32_t months, int32_t days, int64_t nanoseconds) {
  arrow::MonthDayNanoIntervalBuilder builder;
  EXPECT_TRUE(builder.Append({months, days, nanoseconds}).ok());
  return CellText(*builder.Finish().ValueOrDie(), 0);
}

TEST(CellTextTest, IntervalsAreSaidInWords) {
  EXPECT_EQ(TextOfInterval(14, 3, 3'600'250'000'000), "1 year 2 months 3 days 01:00:00.25");
  EXPECT_EQ(TextOfInterval(0, -1, -1'000'000'000), "-1 day -00:00:01");
  EXPECT_EQ(TextOfInterval(0, 0, 0), "00:00:00");
}

TEST(CellTextTest, NestedValuesReadLikeTheirSources) {
  arrow::Int32Builder items;
  ASSERT_TRUE(items.AppendValues({1, 2}).ok());
  ASSERT_TRUE(items.AppendNull().ok());
  const auto list = std::make_shared<arrow::ListScalar>(items.Finish().ValueOrDie());
  EXPECT_EQ(TextOf(list), "[1, 2, NULL]");
  const auto row = arrow::StructScalar::Make({arrow::MakeScalar(7), list}, {"a", "b"}).ValueOrDie();
  EXPECT_EQ(TextOf(row), "{a: 7, b: [1, 2, NULL]}");
}

TEST(CellTextTest, TypesHaveShortNames) {
  EXPECT_EQ(TypeText(*arrow::decimal128(15, 2)), "decimal(15, 2)");
  EXPECT_EQ(TypeText(*arrow::list(arrow::int64())), "list<int64>");
  EXPECT_EQ(TypeText(*arrow::map(arrow::utf8(), arrow::int32())), "map<string, int32>");
  EXPECT_EQ(TypeText(*arrow::date32()), "date");
  EXPECT_TRUE(IsNumber(*arrow::decimal128(15, 2)));
  EXPECT_FALSE(IsNumber(*arrow::boolean()));
}

}  // namespace
}  // namespace arrowport::cli
