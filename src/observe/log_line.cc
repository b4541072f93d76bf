#include "observe/log_line.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <arrow/util/utf8.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "observe/log.h"

namespace arrowport::observe {
namespace {

constexpr std::array<std::string_view, 5> kNames = {"debug", "info", "warning", "error", "off"};

// Bytes of the UTF-8 sequence that `text` starts with; 0 when it starts with none.
size_t SequenceBytes(std::string_view text) {
  const auto first = static_cast<uint8_t>(text.front());
  size_t bytes = 1;
  if (first >= 0xF0) {
    bytes = 4;
  } else if (first >= 0xE0) {
    bytes = 3;
  } else if (first >= 0xC0) {
    bytes = 2;
  }
  if (bytes > text.size()) return 0;
  return arrow::util::ValidateUTF8(text.substr(0, bytes)) ? bytes : 0;
}

// Terminals obey control characters, those between 0x80 and 0x9F (C2 80 to C2 9F) too.
bool IsControl(std::string_view sequence) {
  const auto first = static_cast<uint8_t>(sequence.front());
  if (sequence.size() == 1) return first < 0x20 || first == 0x7F;
  return sequence.size() == 2 && first == 0xC2 && static_cast<uint8_t>(sequence[1]) < 0xA0;
}

void AppendEscaped(std::string_view text, bool is_quoted, std::string* line) {
  while (!text.empty()) {
    const size_t bytes = SequenceBytes(text);
    const std::string_view sequence = text.substr(0, bytes == 0 ? 1 : bytes);
    text.remove_prefix(sequence.size());
    const char c = sequence.front();
    if (bytes == 0 || IsControl(sequence)) {
      if (c == '\n') {
        line->append("\\n");
      } else if (c == '\t') {
        line->append("\\t");
      } else {
        for (const char byte : sequence) {
          line->append(fmt::format("\\x{:02x}", static_cast<uint8_t>(byte)));
        }
      }
      continue;
    }
    if (is_quoted && (c == '"' || c == '\\')) line->push_back('\\');
    line->append(sequence);
  }
}

bool NeedsQuotes(std::string_view text) {
  if (text.empty()) return true;
  for (const char c : text) {
    const auto byte = static_cast<uint8_t>(c);
    if (byte <= 0x20 || byte >= 0x7F || c == '"' || c == '\\' || c == '=') return true;
  }
  return false;
}

}  // namespace

std::string TextLine(std::string_view message, std::span<const LogField> fields) {
  arrow::util::InitializeUTF8();
  std::string line;
  AppendEscaped(message, false, &line);
  for (const auto& [name, value] : fields) {
    line.push_back(' ');
    AppendEscaped(name, false, &line);
    line.push_back('=');
    const bool is_quoted = NeedsQuotes(value);
    if (is_quoted) line.push_back('"');
    AppendEscaped(value, is_quoted, &line);
    if (is_quoted) line.push_back('"');
  }
  return line;
}

std::string JsonLine(std::chrono::system_clock::time_point time, LogLevel level,
                     std::string_view message, std::span<const LogField> fields) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(time - seconds);
  nlohmann::ordered_json line;
  line["time"] =
      fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                  fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)), milliseconds.count());
  line["level"] = NameOf(level);
  line["message"] = message;
  for (const auto& [name, value] : fields) line[std::string(name)] = value;
  return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::string_view NameOf(LogLevel level) { return kNames.at(static_cast<size_t>(level)); }

}  // namespace arrowport::observe
