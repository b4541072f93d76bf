#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace arrowport::server {

/// The one of `known` that `word` was probably meant to be: at most two letters are missing, too
/// many, swapped or other ones (one in words under five letters). Nothing when none is that near.
std::optional<std::string_view> NearMiss(std::string_view word,
                                         const std::vector<std::string_view>& known);

}  // namespace arrowport::server
