#include "cli/figures.h"

#include <gtest/gtest.h>

namespace arrowport::cli {
namespace {

TEST(FiguresTest, CountsAreGroupedInThousands) {
  EXPECT_EQ(Count(0), "0");
  EXPECT_EQ(Count(999), "999");
  EXPECT_EQ(Count(336'776), "336,776");
  EXPECT_EQ(Count(-1'000), "-1,000");
  EXPECT_EQ(Count(-100), "-100");
  EXPECT_EQ(Plural(1, "row"), "1 row");
  EXPECT_EQ(Plural(2'000, "row"), "2,000 rows");
}

TEST(FiguresTest, SizesAndRatesKeepThreeDigits) {
  EXPECT_EQ(Bytes(982), "982 B");
  EXPECT_EQ(Bytes(33'700), "33.7 kB");
  EXPECT_EQ(Bytes(1'050'000'000), "1.05 GB");
  EXPECT_EQ(Bytes(999'900), "1.00 MB");
  EXPECT_EQ(ByteRate(412e6), "412 MB/s");
  EXPECT_EQ(RowRate(3'444'000), "3.44 M rows/s");
  EXPECT_EQ(RowRate(547.4), "547 rows/s");
  EXPECT_EQ(Ratio(0.821), "0.82");
}

TEST(FiguresTest, SecondsChooseTheirUnit) {
  EXPECT_EQ(Seconds(0.00012), "0.12 ms");
  EXPECT_EQ(Seconds(0.64), "640 ms");
  EXPECT_EQ(Seconds(3.214), "3.21 s");
  EXPECT_EQ(Seconds(125), "2 min 5 s");
}

}  // namespace
}  // namespace arrowport::cli
