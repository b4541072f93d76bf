#include "cli/progress.h"

#include <algorithm>
#include <cmath>
#include <iostream>
#include <utility>

#include "cli/figures.h"
#include "cli/text_width.h"

namespace arrowport::cli {
namespace {

constexpr std::chrono::milliseconds kDrawEvery(100);
// Before that a rate says more about the start than about the rest.
constexpr double kEstimateAfterSeconds = 0.5;
constexpr int kBarWidth = 24;
constexpr int kTitleWidth = 20;

std::string Bar(double fraction, const Terminal& terminal) {
  const auto filled = static_cast<int>(std::lround(fraction * kBarWidth));
  std::string done;
  std::string open;
  for (int i = 0; i < filled; ++i) done += terminal.utf8 ? "━" : "=";
  for (int i = filled; i < kBarWidth; ++i) open += terminal.utf8 ? "─" : "-";
  return Painted(terminal, Paint::kCyan, done) + Painted(terminal, Paint::kDim, open);
}

std::string TimeLeft(double seconds) {
  const auto whole = static_cast<int64_t>(std::ceil(seconds));
  const std::string rest = std::to_string(whole % 60);
  return std::to_string(whole / 60) + ":" + (rest.size() < 2 ? "0" : "") + rest;
}

}  // namespace

std::string ProgressLine(const std::string& title, const ProgressPoint& point, double seconds,
                         const Terminal& terminal) {
  std::string line = Painted(terminal, Paint::kBold, title);
  const auto add = [&](const std::string& part) { line += "  " + part; };
  if (point.fraction.has_value()) {
    const double fraction = std::clamp(*point.fraction, 0.0, 1.0);
    add(Bar(fraction, terminal));
    const std::string percent = std::to_string(static_cast<int>(fraction * 100));
    add(std::string(3 - std::min<size_t>(3, percent.size()), ' ') + percent + " %");
  }
  add(RoughCount(static_cast<double>(point.rows)) + " rows");
  if (seconds > 0) add(ByteRate(static_cast<double>(point.bytes) / seconds));
  const double fraction = point.fraction.value_or(0);
  if (fraction > 0 && seconds >= kEstimateAfterSeconds) {
    add(TimeLeft(seconds / fraction * std::max(1 - fraction, 0.0)) + " left");
  }
  return line;
}

Progress::Progress(std::string title)
    : terminal_(StandardError()),
      title_(Shortened(OneLine(title), kTitleWidth, terminal_.utf8)),
      began_(Clock::now()),
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

}  // namespace arrowport::cli
