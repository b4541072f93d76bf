#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace arrowport::server {

/// Reads an amount of bytes: "64MiB", "1.5 GB", "4kb", or a plain number. KiB, MiB, GiB and TiB
/// count in 1024s, kB, MB, GB and TB in 1000s, as DuckDB's own settings do; case does not matter.
Result<int64_t> ParseBytes(std::string_view text);

/// `bytes` in the largest unit that says it exactly: "64MiB", "4GB", "1001".
std::string FormatBytes(int64_t bytes);

/// Reads a duration: "500ms", "30s", "2m", "1h", or a plain number of seconds ("1.5").
Result<std::chrono::milliseconds> ParseDuration(std::string_view text);

/// `duration` in the largest unit that says it exactly: "90s", "2m", "1500ms".
std::string FormatDuration(std::chrono::milliseconds duration);

}  // namespace arrowport::server
