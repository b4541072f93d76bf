#include "cli/text_table.h"

#include <cstddef>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "cli/terminal.h"
#include "cli/text_width.h"

namespace arrowport::cli {
namespace {

constexpr Terminal kWide = {.interactive = false, .colours = false, .utf8 = true, .columns = 80};

TextTable Carriers() {
  return {
      .columns = {{"carrier", "string", Align::kLeft, true}, {"delay", "double", Align::kRight}},
      .rows = {{"UA", "3.56"}, {"Zürich Air", "-12.5"}},
      .gap_before = {}};
}

std::vector<int> LineWidths(const std::string& text) {
  std::vector<int> widths;
  size_t begin = 0;
  for (size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', begin)) {
    widths.push_back(WidthOf(text.substr(begin, end - begin)));
    begin = end + 1;
  }
  return widths;
}

TEST(TextTableTest, NumbersStandToTheRightAndTypesUnderTheNames) {
  EXPECT_EQ(Render(Carriers(), kWide).text,
            "┌────────────┬────────┐\n"
            "│ carrier    │  delay │\n"
            "│ string     │ double │\n"
            "├────────────┼────────┤\n"
            "│ UA         │   3.56 │\n"
            "│ Zürich Air │  -12.5 │\n"
            "└────────────┴────────┘\n");
}

TEST(TextTableTest, WithoutUtf8LinesAreTyped) {
  Terminal plain = kWide;
  plain.utf8 = false;
  TextTable table = {.columns = {{"a", "", Align::kLeft}}, .rows = {{"x"}}, .gap_before = {}};
  EXPECT_EQ(Render(table, plain).text,
            "+---+\n"
            "| a |\n"
            "+---+\n"
            "| x |\n"
            "+---+\n");
}

TEST(TextTableTest, AGapShowsWhereRowsWereLeftOut) {
  TextTable table = {
      .columns = {{"n", "", Align::kRight}}, .rows = {{"1"}, {"100"}}, .gap_before = 1};
  EXPECT_EQ(Render(table, kWide).text,
            "┌─────┐\n"
            "│   n │\n"
            "├─────┤\n"
            "│   1 │\n"
            "│   ⋮ │\n"
            "│ 100 │\n"
            "└─────┘\n");
}

TEST(TextTableTest, LongTextIsShortenedBeforeColumnsAreLeftOut) {
  TextTable table = Carriers();
  table.rows[0][0] = std::string(200, 'x');
  const RenderedTable rendered = Render(table, kWide);
  EXPECT_EQ(rendered.columns_shown, 2);
  for (const int width : LineWidths(rendered.text)) EXPECT_EQ(width, 80);
  EXPECT_NE(rendered.text.find("x…"), std::string::npos);
  EXPECT_NE(rendered.text.find("│   3.56 │"), std::string::npos);
}

TEST(TextTableTest, TooManyColumnsLeaveOutThoseInTheMiddle) {
  TextTable table;
  table.rows.resize(1);
  for (int i = 0; i < 40; ++i) {
    table.columns.push_back({"column_" + std::to_string(i), "int64", Align::kRight});
    table.rows[0].push_back("1234567890");
  }
  const RenderedTable rendered = Render(table, kWide);
  EXPECT_EQ(rendered.columns_shown, 5);
  EXPECT_NE(rendered.text.find("column_0"), std::string::npos);
  EXPECT_NE(rendered.text.find("column_39"), std::string::npos);
  EXPECT_NE(rendered.text.find("│ … │"), std::string::npos);
  for (const int width : LineWidths(rendered.text)) EXPECT_LE(width, 80);
}

TEST(TextTableTest, WhatMayNotBeShortenedIsWhole) {
  TextTable table = {.columns = {{"a long name of a number", "decimal(38, 0)", Align::kRight},
                                 {"text", "string", Align::kLeft, true}},
                     .rows = {{"123456789012345678901234567890", std::string(90, 'y')}},
                     .gap_before = {}};
  Terminal narrow = kWide;
  narrow.columns = 50;
  const RenderedTable rendered = Render(table, narrow);
  EXPECT_NE(rendered.text.find(" 123456789012345678901234567890 "), std::string::npos);
  for (const int width : LineWidths(rendered.text)) EXPECT_EQ(width, 50);
}

TEST(TextTableTest, ATableWithoutRowsStillShowsItsColumns) {
  TextTable table = Carriers();
  table.rows.clear();
  EXPECT_NE(Render(table, kWide).text.find("│ carrier │  delay │"), std::string::npos);
}

}  // namespace
}  // namespace arrowport::cli
