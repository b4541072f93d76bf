#include "cli/progress.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "cli/figures.h"
#include "cli/terminal.h"
#include "cli/text_width.h"

namespace arrowport::cli {
namespace {

constexpr std::chrono::milliseconds kDrawEvery(100);
// Before that a rate says more about the start than about the rest.
constexpr double kEstimateAfterSeconds = 0.5;
constexpr int kBarWidth = 16;
constexpr int kTitleWidth = 26;

struct Part {
  std::string text;
  int width;
};

Part Plain(const std::string& text) { return {.text = text, .width = WidthOf(text)}; }

Part Bar(double fraction, const Terminal& terminal) {
  const auto filled = static_cast<int>(std::lround(fraction * kBarWidth));
  std::string done;
  std::string open;
  for (int i = 0; i < filled; ++i) done += terminal.utf8 ? "━" : "=";
  for (int i = filled; i < kBarWidth; ++i) open += terminal.utf8 ? "─" : "-";
  return {.text = Painted(terminal, Paint::kCyan, done) + Painted(terminal, Paint::kDim, open),
          .width = kBarWidth};
}

std::optional<double> FractionOf(const ProgressPoint& point) {
  if (point.fraction.has_value()) return std::clamp(*point.fraction, 0.0, 1.0);
  const int64_t total = point.rows_total.value_or(0);
  if (total <= 0) return std::nullopt;
  return std::min(static_cast<double>(point.rows) / static_cast<double>(total), 1.0);
}

std::string RowsText(const ProgressPoint& point) {
  std::string text = RoughCount(static_cast<double>(point.rows));
  if (point.rows_total.has_value()) {
    text += " of " + RoughCount(static_cast<double>(*point.rows_total));
  }
  return text + " rows";
}

std::string TimeLeft(double seconds) {
  const auto whole = static_cast<int64_t>(std::ceil(seconds));
  const std::string rest = std::to_string(whole % 60);
  return std::to_string(whole / 60) + ":" + (rest.size() < 2 ? "0" : "") + rest;
}

}  // namespace

std::string ProgressLine(const std::string& title, const ProgressPoint& point, double seconds,
                         const Terminal& terminal) {
  const std::optional<double> known_fraction = FractionOf(point);
  const double fraction = known_fraction.value_or(0);
  const auto bytes = static_cast<double>(point.bytes);
  std::vector<Part> parts;
  if (known_fraction.has_value()) {
    parts.push_back(Bar(fraction, terminal));
    const std::string percent = std::to_string(static_cast<int>(fraction * 100));
    parts.push_back(Plain(std::string(3 - percent.size(), ' ') + percent + " %"));
  }
  parts.push_back(Plain(RowsText(point)));
  if (bytes > 0) parts.push_back(Plain(Bytes(bytes)));
  if (seconds > 0) parts.push_back(Plain(RowRate(static_cast<double>(point.rows) / seconds)));
  if (fraction > 0 && seconds >= kEstimateAfterSeconds) {
    parts.push_back(Plain(TimeLeft(seconds / fraction * (1 - fraction)) + " left"));
  }
  if (seconds > 0 && bytes > 0) parts.push_back(Plain(ByteRate(bytes / seconds)));
  std::string line = Painted(terminal, Paint::kBold, title);
  // A line that reaches the last column would be continued on the next one.
  int room = terminal.columns - 1 - WidthOf(title);
  for (const Part& part : parts) {
    room -= part.width + 2;
    if (room < 0) break;
    line += "  " + part.text;
  }
  return line;
}

Progress::Progress(const std::string& title)
    : terminal_(StandardError()),
      began_(Clock::now()),
      title_(Shortened(OneLine(title), kTitleWidth, terminal_.utf8)),
      shown_(began_) {}

Progress::~Progress() {
  if (drawn_) std::cerr << "\r\033[K" << std::flush;
}

double Progress::seconds() const {
  return std::chrono::duration<double>(Clock::now() - began_).count();
}

void Progress::Show(const ProgressPoint& point) {
  if (!terminal_.interactive || Clock::now() - shown_ < kDrawEvery) return;
  shown_ = Clock::now();
  drawn_ = true;
  std::cerr << "\r\033[K" << ProgressLine(title_, point, seconds(), terminal_) << std::flush;
}

void Progress::Begin(const std::string& title, const ProgressPoint& point) {
  title_ = Shortened(OneLine(title), kTitleWidth, terminal_.utf8);
  shown_ = {};
  Show(point);
}

}  // namespace arrowport::cli
