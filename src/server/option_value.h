#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "base/error.h"

namespace arrowport::server {

/// What numbers an option takes.
struct NumberRange {
  int64_t min = 0;
  int64_t max = std::numeric_limits<int>::max();
};

/// Readers of option texts, one per kind of value. A refusal quotes the text and says what would
/// do: "'abc' is not a number from 0 to 65535". The target is untouched then.
Status ReadText(std::string_view text, std::string* target);
Status ReadNumber(std::string_view text, const NumberRange& range, int* target);
Status ReadPort(std::string_view text, uint16_t* target);
Status ReadBytes(std::string_view text, int64_t* target);
Status ReadDuration(std::string_view text, std::chrono::milliseconds* target);

}  // namespace arrowport::server
