#pragma once

#include <string>
#include <string_view>

namespace arrowport::cli {

/// Columns that `text` (UTF-8) takes in a terminal: wide letters take two, combining marks none.
int WidthOf(std::string_view text);

/// `text` with at most `columns` columns; what was cut is shown as "…" ("..." without UTF-8).
std::string Shortened(std::string_view text, int columns, bool utf8);

/// `text` made fit for one line of a terminal: line ends and control characters, which could
/// change what the terminal shows, as their escapes; broken UTF-8 as U+FFFD.
std::string OneLine(std::string_view text);

}  // namespace arrowport::cli
