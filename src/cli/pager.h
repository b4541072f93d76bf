#pragma once

#include <string>

namespace arrowport::cli {

/// The program that shows what does not fit the screen.
struct Pager {
  std::string command;   ///< For the system's shell; empty: there is none.
  bool colours = false;  ///< Whether it shows them as they are meant.
};

/// $PAGER, or less without line wraps.
Pager PagerOf();

/// Shows `text` in `pager` until its user leaves it.
/// \return false when it cannot be run, and nothing was shown.
bool ShowIn(const Pager& pager, const std::string& text);

}  // namespace arrowport::cli
