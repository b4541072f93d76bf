#include "cli/text_width.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

namespace arrowport::cli {
namespace {

struct Letter {
  uint32_t code = 0;
  size_t bytes = 1;
  bool valid = true;
};

// The first letter of `text`, which is not empty. A byte that begins none is one invalid letter.
Letter FirstLetter(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  if (first < 0x80) return {.code = first};
  const size_t bytes = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  const bool leads = first >= 0xC2 && first <= 0xF4;
  if (!leads || text.size() < bytes) return {.valid = false};
  uint32_t code = first & (0xFFU >> (bytes + 1));
  for (size_t i = 1; i < bytes; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xC0U) != 0x80) return {.valid = false};
    code = (code << 6U) | (next & 0x3FU);
  }
  return {.code = code, .bytes = bytes};
}

struct Range {
  uint32_t first;
  uint32_t last;
};

// The ranges that matter to people's text, out of Unicode's East Asian Width and general category.
constexpr std::array kWide = {
    Range{0x1100, 0x115F},   Range{0x2E80, 0xA4CF},   Range{0xAC00, 0xD7A3},
    Range{0xF900, 0xFAFF},   Range{0xFE30, 0xFE6F},   Range{0xFF00, 0xFF60},
    Range{0xFFE0, 0xFFE6},   Range{0x1F300, 0x1F64F}, Range{0x1F680, 0x1F6FF},
    Range{0x1F900, 0x1F9FF}, Range{0x20000, 0x3FFFD}};
constexpr std::array kNoWidth = {
    Range{0x0300, 0x036F}, Range{0x0483, 0x0489}, Range{0x0591, 0x05BD}, Range{0x064B, 0x065F},
    Range{0x200B, 0x200F}, Range{0x20D0, 0x20FF}, Range{0xFE00, 0xFE0F}, Range{0xFE20, 0xFE2F}};
// Letters that no screen shows but that turn the direction of what follows.
constexpr std::array kDirections = {Range{0x202A, 0x202E}, Range{0x2066, 0x2069}};

template <size_t N>
bool IsIn(const std::array<Range, N>& ranges, uint32_t code) {
  return std::ranges::any_of(
      ranges, [&](const Range& range) { return code >= range.first && code <= range.last; });
}

int WidthOf(const Letter& letter) {
  if (IsIn(kNoWidth, letter.code)) return 0;
  return IsIn(kWide, letter.code) ? 2 : 1;
}

std::string Escaped(uint32_t code) {
  if (code == '\n') return "\\n";
  if (code == '\r') return "\\r";
  if (code == '\t') return "\\t";
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "\\u%04x", code);
  return text.data();
}

}  // namespace

int WidthOf(std::string_view text) {
  int width = 0;
  while (!text.empty()) {
    const Letter letter = FirstLetter(text);
    width += WidthOf(letter);
    text.remove_prefix(letter.bytes);
  }
  return width;
}

std::string Shortened(std::string_view text, int columns, bool utf8) {
  if (WidthOf(text) <= columns) return std::string(text);
  const std::string_view mark = utf8 ? "…" : "...";
  const int room = std::max(columns - WidthOf(mark), 0);
  size_t kept = 0;
  int width = 0;
  while (kept < text.size()) {
    const Letter letter = FirstLetter(text.substr(kept));
    if (width + WidthOf(letter) > room) break;
    width += WidthOf(letter);
    kept += letter.bytes;
  }
  return std::string(text.substr(0, kept)) + std::string(mark);
}

std::string OneLine(std::string_view text) {
  std::string line;
  line.reserve(text.size());
  while (!text.empty()) {
    const Letter letter = FirstLetter(text);
    const bool controls = letter.code < 0x20 || (letter.code >= 0x7F && letter.code < 0xA0) ||
                          IsIn(kDirections, letter.code);
    if (!letter.valid) {
      line += "\uFFFD";
    } else if (controls) {
      line += Escaped(letter.code);
    } else {
      line += text.substr(0, letter.bytes);
    }
    text.remove_prefix(letter.bytes);
  }
  return line;
}

}  // namespace arrowport::cli
