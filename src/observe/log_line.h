#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>

#include "observe/log.h"

namespace arrowport::observe {

/// "message stream=trips detail=\"a b\"": what follows time and level in a text log. Nothing in it
/// can end the line or reach a terminal: control characters, and bytes that are not UTF-8, are
/// written as \n, \t or \xNN.
std::string TextLine(std::string_view message, std::span<const LogField> fields);

/// One JSON object: "time", "level", "message", then the fields in their order. Bytes that are not
/// UTF-8 become U+FFFD.
std::string JsonLine(std::chrono::system_clock::time_point time, LogLevel level,
                     std::string_view message, std::span<const LogField> fields);

/// "debug", "info", "warning", "error" or "off".
std::string_view NameOf(LogLevel level);

}  // namespace arrowport::observe
