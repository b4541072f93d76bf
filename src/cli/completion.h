#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace arrowport::cli {

/// What Tab does to a line.
struct Completion {
  std::string insert;                ///< At the cursor.
  std::vector<std::string> choices;  ///< To be listed, where there are several and none to insert.
};

/// Goes on with the last word of `line`, the text before the cursor, as far as the names that
/// begin with it agree; behind a whole name stands a blank.
Completion Complete(std::string_view line, const std::vector<std::string>& names);

}  // namespace arrowport::cli
