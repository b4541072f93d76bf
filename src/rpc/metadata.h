#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace arrowport::rpc {

/// One field of a call's metadata. Names are lower-case. The value of a name that ends in "-bin" is
/// any bytes, which travel in base64; other values are printable ASCII.
struct Header {
  std::string name;
  std::string value;
};

using Headers = std::vector<Header>;

/// `value` as it travels. What may not travel in a field that is not "-bin" becomes '?'.
std::string ToWire(std::string_view name, std::string_view value);

/// The opposite. A "-bin" may hold several values, with commas between them.
/// \return kInvalidInput for a "-bin" that is not base64, padded or not.
Result<std::vector<std::string>> FromWire(std::string_view name, std::string_view value);

/// Text as `grpc-message` carries it: what is not printable ASCII, and '%', as %XX.
std::string PercentEncode(std::string_view text);

/// A `grpc-timeout`: at most eight digits and a unit, as in "500m"; ten years at most. None for
/// anything else.
std::optional<std::chrono::nanoseconds> ReadTimeout(std::string_view text);

}  // namespace arrowport::rpc
