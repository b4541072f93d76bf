#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "http/target.h"

namespace arrowport::http {

// Query parameters as values. A refusal is kInvalidInput and names the parameter.

/// The refusal of the parameter `name`: "query parameter 'name' why".
Status BadParameter(std::string_view name, const std::string& why);

/// `true` or `false`; `otherwise` when it is missing.
Result<bool> BoolParameter(const Target& target, std::string_view name, bool otherwise);

struct WholeNumbers {
  int64_t min = 0;
  int64_t max = INT64_MAX;
};

/// All of `text` as a decimal number in `range`; nothing when it is none.
std::optional<int64_t> ReadWholeNumber(std::string_view text, WholeNumbers range);

/// A decimal number in `range`; nothing when it is missing.
Result<std::optional<int64_t>> NumberParameter(const Target& target, std::string_view name,
                                               WholeNumbers range);

}  // namespace arrowport::http
