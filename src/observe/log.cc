#include "observe/log.h"

#include <chrono>
#include <exception>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <spdlog/common.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/ansicolor_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>

#include "base/error.h"
#include "observe/log_line.h"

namespace arrowport::observe {
namespace {

struct Destination {
  std::shared_ptr<spdlog::logger> logger;
  LogFormat format = LogFormat::kText;
};

spdlog::level::level_enum LevelOf(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
    case LogLevel::kOff:
      break;
  }
  return spdlog::level::off;
}

Destination MakeDestination(LogLevel level, LogFormat format) {
  // The sink colours levels on a terminal and nowhere else.
  auto sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>(spdlog::color_mode::automatic);
  auto logger = std::make_shared<spdlog::logger>("arrowport", std::move(sink));
  logger->set_level(LevelOf(level));
  logger->flush_on(spdlog::level::trace);
  const std::string pattern =
      format == LogFormat::kJson ? "%v" : "%Y-%m-%dT%H:%M:%S.%eZ %^%-7l%$ %v";
  logger->set_formatter(
      std::make_unique<spdlog::pattern_formatter>(pattern, spdlog::pattern_time_type::utc));
  return {std::move(logger), format};
}

Destination& TheDestination() {
  // Never destroyed: threads that outlive main may still have something to say.
  static auto* const kDestination =
      std::make_unique<Destination>(MakeDestination(LogLevel::kInfo, LogFormat::kText)).release();
  return *kDestination;
}

}  // namespace

void SetUpLog(LogLevel level, LogFormat format) {
  TheDestination() = MakeDestination(level, format);
}

Result<LogLevel> ParseLogLevel(std::string_view text) {
  for (const LogLevel level :
       {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarning, LogLevel::kError, LogLevel::kOff}) {
    if (text == NameOf(level)) return level;
  }
  return MakeError(ErrorKind::kInvalidInput, "'" + std::string(text) +
                                                 "' is no log level; use debug, info, warning, "
                                                 "error or off");
}

Result<LogFormat> ParseLogFormat(std::string_view text) {
  if (text == "text") return LogFormat::kText;
  if (text == "json") return LogFormat::kJson;
  return MakeError(ErrorKind::kInvalidInput,
                   "'" + std::string(text) + "' is no log format; use text or json");
}

void Log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  const Destination& destination = TheDestination();
  const spdlog::level::level_enum spdlog_level = LevelOf(level);
  if (level == LogLevel::kOff || !destination.logger->should_log(spdlog_level)) return;
  const std::span<const LogField> all(fields.begin(), fields.size());
  // A log line that cannot be made is not worth the call that it reports on.
  try {
    destination.logger->log(
        spdlog_level,
        spdlog::string_view_t(destination.format == LogFormat::kJson
                                  ? JsonLine(std::chrono::system_clock::now(), level, message, all)
                                  : TextLine(message, all)));
  } catch (const std::exception&) {
    return;
  }
}

}  // namespace arrowport::observe
