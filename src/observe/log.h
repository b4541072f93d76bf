#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"

namespace arrowport::observe {

enum class LogLevel { kDebug, kInfo, kWarning, kError, kOff };
enum class LogFormat { kText, kJson };

/// A named value of a log line: {"stream", "trips"}.
using LogField = std::pair<std::string_view, std::string>;

/// Sets up the process's log on standard error. Call once, before threads start; without it the
/// log is text at kInfo.
void SetUpLog(LogLevel level, LogFormat format);

/// Reads "debug", "info", "warning", "error" or "off".
Result<LogLevel> ParseLogLevel(std::string_view text);

/// Reads "text" or "json".
Result<LogFormat> ParseLogFormat(std::string_view text);

/// Writes one line: time, level, message and fields. Safe to call from many threads. Text from
/// clients belongs in fields, which are escaped, never in the message.
void Log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {});

}  // namespace arrowport::observe
