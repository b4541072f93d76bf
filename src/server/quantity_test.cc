#include "server/quantity.h"

#include <chrono>
#include <cstdint>
#include <string>

#include <gtest/gtest.h>

#include "base/error.h"

namespace arrowport::server {
namespace {

using std::chrono::milliseconds;

TEST(QuantityTest, SizesCountInThousandsOrIn1024sAsTheirUnitSays) {
  EXPECT_EQ(ParseBytes("4096").ValueOrDie(), 4096);
  EXPECT_EQ(ParseBytes("4GB").ValueOrDie(), 4'000'000'000);
  EXPECT_EQ(ParseBytes("4GiB").ValueOrDie(), 4'294'967'296);
  EXPECT_EQ(ParseBytes("1.5 MiB").ValueOrDie(), 1'572'864);
  EXPECT_EQ(ParseBytes(" 64 kb ").ValueOrDie(), 64'000);
  EXPECT_EQ(ParseBytes("0").ValueOrDie(), 0);
}

TEST(QuantityTest, WhatIsNoSizeIsRefusedWithAnExample) {
  for (const char* text :
       {"", "abc", "5x", "-1", "GB", "1e30TB", "99999999TiB", "nan", "inf", "4 G B"}) {
    const Status status = ParseBytes(text).status();
    EXPECT_EQ(KindOf(status), ErrorKind::kInvalidInput) << text;
    EXPECT_EQ(status.message(),
              "'" + std::string(text) + "' is not a size such as 64MiB, 4GB or 4096");
  }
}

TEST(QuantityTest, DurationsTakeUnitsAndPlainNumbersAreSeconds) {
  EXPECT_EQ(ParseDuration("500ms").ValueOrDie(), milliseconds(500));
  EXPECT_EQ(ParseDuration("30s").ValueOrDie(), milliseconds(30'000));
  EXPECT_EQ(ParseDuration("2m").ValueOrDie(), milliseconds(120'000));
  EXPECT_EQ(ParseDuration("1h").ValueOrDie(), milliseconds(3'600'000));
  EXPECT_EQ(ParseDuration("1.5").ValueOrDie(), milliseconds(1500));
}

TEST(QuantityTest, WhatIsNoDurationIsRefusedWithAnExample) {
  EXPECT_EQ(ParseDuration("soon").status().message(),
            "'soon' is not a duration such as 500ms, 30s, 2m or 1h");
}

TEST(QuantityTest, AmountsAreSaidInTheLargestUnitThatIsExact) {
  EXPECT_EQ(FormatBytes(0), "0");
  EXPECT_EQ(FormatBytes(1001), "1001");
  EXPECT_EQ(FormatBytes(int64_t{64} * 1024 * 1024), "64MiB");
  EXPECT_EQ(FormatBytes(4'000'000'000), "4GB");
  EXPECT_EQ(FormatDuration(milliseconds(0)), "0s");
  EXPECT_EQ(FormatDuration(milliseconds(1500)), "1500ms");
  EXPECT_EQ(FormatDuration(milliseconds(90'000)), "90s");
  EXPECT_EQ(FormatDuration(milliseconds(120'000)), "2m");
}

TEST(QuantityTest, WhatIsWrittenReadsBackTheSame) {
  for (const int64_t bytes : {1, 1000, 1024, 16'384, 32 << 20, 1 << 30}) {
    EXPECT_EQ(ParseBytes(FormatBytes(bytes)).ValueOrDie(), bytes);
  }
}

}  // namespace
}  // namespace arrowport::server
