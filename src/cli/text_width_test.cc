#include "cli/text_width.h"

#include <gtest/gtest.h>

namespace arrowport::cli {
namespace {

TEST(TextWidthTest, CountsColumnsAndNotBytes) {
  EXPECT_EQ(WidthOf(""), 0);
  EXPECT_EQ(WidthOf("Zürich"), 6);
  EXPECT_EQ(WidthOf("東京"), 4);
  EXPECT_EQ(WidthOf("e\u0301"), 1);
}

TEST(TextWidthTest, ShortensToTheColumnsThatAreThere) {
  EXPECT_EQ(Shortened("carrier", 7, true), "carrier");
  EXPECT_EQ(Shortened("carrier", 6, true), "carri…");
  EXPECT_EQ(Shortened("carrier", 6, false), "car...");
  EXPECT_EQ(Shortened("東京都庁", 4, true), "東…");
}

TEST(TextWidthTest, ControlCharactersCannotReachTheTerminal) {
  EXPECT_EQ(OneLine("a\nb\tc"), "a\\nb\\tc");
  EXPECT_EQ(OneLine("\033[2Jgone"), "\\u001b[2Jgone");
  EXPECT_EQ(OneLine("\u202Eexe.txt"), "\\u202eexe.txt");
  EXPECT_EQ(OneLine("\u009B1m"), "\\u009b1m");
}

TEST(TextWidthTest, BrokenUtf8IsShownAsSuch) {
  EXPECT_EQ(OneLine("a\xFFz"), "a\uFFFDz");
  EXPECT_EQ(OneLine("\xE2\x82"), "\uFFFD\uFFFD");
}

}  // namespace
}  // namespace arrowport::cli
