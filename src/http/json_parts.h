#pragma once

#include <optional>
#include <span>
#include <string_view>

#include <nlohmann/json.hpp>

namespace arrowport::http {

/// Which parts of a JSON document are kept.
struct JsonParts {
  std::span<const std::string_view> keys;  ///< Of objects, wherever they stand.
  int depth_max = 1;                       ///< Objects in one another; deeper ones are left empty.
};

/// The parts of `text`, valid JSON, that `parts` names; arrays are left empty. A document of any
/// shape takes no more memory than its text: nlohmann::json takes 16 bytes for each element and 80
/// for each pair of brackets. \return nothing for text that is not valid JSON.
std::optional<nlohmann::json> ParseJsonParts(std::string_view text, const JsonParts& parts);

}  // namespace arrowport::http
