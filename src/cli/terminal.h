#pragma once

#include <string>
#include <string_view>

namespace arrowport::cli {

/// What can be shown where output goes.
struct Terminal {
  bool interactive = false;  ///< A person looks at it: progress and colours make sense.
  bool colours = false;      ///< Interactive, and neither NO_COLOR nor TERM=dumb is set.
  bool utf8 = false;         ///< The locale's characters are UTF-8: lines can be drawn.
  int columns = 100;         ///< The window's; $COLUMNS or 100 where there is none.
  int rows = 24;             ///< The window's; $LINES or 24 where there is none.
};

Terminal StandardOutput();
Terminal StandardError();

/// Whether a person types what is read from standard input.
bool StandardInputIsTyped();

enum class Paint { kPlain, kBold, kDim, kGreen, kYellow, kRed, kCyan };

/// `text` in `paint` where `terminal` shows colours, as it is elsewhere.
std::string Painted(const Terminal& terminal, Paint paint, std::string_view text);

}  // namespace arrowport::cli
