#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace arrowport::engine {

/// Those of `columns` that `text` names, in its order: names with commas between. A name that holds
/// a comma or a quote, or has a space at an end, stands in double quotes, with `""` for a quote.
/// Without regard to case, as in SQL; what is spelled alike goes first.
/// \return kInvalidInput that quotes the name and lists `columns`.
Result<std::vector<std::string>> FindColumns(std::string_view text,
                                             const std::vector<std::string>& columns);

}  // namespace arrowport::engine
