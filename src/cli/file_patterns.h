#pragma once

#include <string>
#include <vector>

#include "base/error.h"

namespace arrowport::cli {

/// The files that `words` name, each once and in their order: a path that is there is itself,
/// whatever characters it has; another one with * ? or [ is a pattern for paths, as shells know
/// them, whose files come by name. What names nothing stays as it is, for who opens it to say so.
/// \return kNotFound for a pattern that matches nothing.
Result<std::vector<std::string>> ExpandPatterns(const std::vector<std::string>& words);

}  // namespace arrowport::cli
