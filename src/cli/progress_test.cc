#include "cli/progress.h"

#include <gtest/gtest.h>

#include "cli/terminal.h"

namespace arrowport::cli {
namespace {

constexpr Terminal kTerminal = {
    .interactive = true, .colours = false, .utf8 = false, .columns = 80};

TEST(ProgressTest, TellsHowFarHowFastAndHowLongStill) {
  EXPECT_EQ(ProgressLine("trips", {.rows = 500'000, .bytes = 80'000'000, .fraction = 0.25}, 2.0,
                         kTerminal),
            "trips  ====------------   25 %  500 k rows  80.0 MB  250 k rows/s  0:06 left");
}

TEST(ProgressTest, TellsOfHowManyRowsWhereThatIsKnown) {
  EXPECT_EQ(
      ProgressLine("t", {.rows = 500'000, .bytes = 0, .fraction = {}, .rows_total = 2'000'000},
                   0.25, kTerminal),
      "t  ====------------   25 %  500 k of 2.00 M rows  2.00 M rows/s");
}

TEST(ProgressTest, WithoutAWholeThereIsNoBar) {
  EXPECT_EQ(ProgressLine("-", {.rows = 1'000, .bytes = 3'000'000, .fraction = {}}, 1.5, kTerminal),
            "-  1.00 k rows  3.00 MB  667 rows/s  2.00 MB/s");
}

TEST(ProgressTest, MoreThanAllIsAll) {
  EXPECT_EQ(ProgressLine("x", {.rows = 10, .bytes = 0, .fraction = 1.2}, 1.0, kTerminal),
            "x  ================  100 %  10 rows  10 rows/s  0:00 left");
}

TEST(ProgressTest, ANarrowTerminalGetsTheFirstParts) {
  Terminal narrow = kTerminal;
  narrow.columns = 40;
  EXPECT_EQ(ProgressLine("trips", {.rows = 500'000, .bytes = 8'000, .fraction = 0.25}, 2.0, narrow),
            "trips  ====------------   25 %");
}

}  // namespace
}  // namespace arrowport::cli
