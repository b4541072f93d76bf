#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace arrowport::http {

/// Some bytes of a body, at least one.
struct ByteRange {
  int64_t first = 0;
  int64_t last = 0;  ///< The last one of them.

  [[nodiscard]] int64_t bytes() const { return last - first + 1; }
};

/// What the field `Range` asks of a body of `bytes`, cut at its end. Nothing, so all of it: for an
/// empty field, several ranges, other units than bytes, and what is no range.
/// \return kRangeNotSatisfiable for one that lies behind the end.
Result<std::optional<ByteRange>> ReadRange(std::string_view field, int64_t bytes);

/// The field `Content-Range`: "bytes 0-9/100".
std::string ContentRange(const ByteRange& range, int64_t bytes);

/// The same with 416: "bytes */100".
std::string ContentRange(int64_t bytes);

}  // namespace arrowport::http
