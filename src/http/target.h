#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace arrowport::http {

/// A request target in its parts.
struct Target {
  std::string path;  ///< As it came, still percent-encoded; begins with "/".
  std::vector<std::pair<std::string, std::string>> parameters;  ///< Of the query, decoded.

  /// The first query parameter of that name.
  [[nodiscard]] std::optional<std::string_view> Parameter(std::string_view name) const;
};

/// Reads "/path?name=value" or the absolute form "http://host/path".
/// \return kInvalidInput for anything else and for a query that cannot be decoded.
Result<Target> ParseTarget(std::string_view text);

/// Undoes percent-encoding; what comes out must be UTF-8 without control characters, but for those
/// of `controls`.
Result<std::string> DecodePercent(std::string_view text, std::string_view controls = {});

/// Whether `text` is valid UTF-8.
bool IsUtf8(std::string_view text);

}  // namespace arrowport::http
