#pragma once

#include <string>

namespace arrowport::cli {

/// Begins a part of a demo on standard output: an empty line, `text`, and `more` under it.
void PrintHeading(const std::string& text, const std::string& more);

}  // namespace arrowport::cli
