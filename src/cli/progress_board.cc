#include "cli/progress_board.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <mutex>
#include <string>
#include <vector>

#include "cli/progress.h"
#include "cli/terminal.h"
#include "cli/text_width.h"

namespace arrowport::cli {
namespace {

constexpr std::chrono::milliseconds kDrawEvery(100);
constexpr int kTitleWidth = 26;

double SecondsSince(ProgressBoard::Clock::time_point began) {
  return std::chrono::duration<double>(ProgressBoard::Clock::now() - began).count();
}

}  // namespace

ProgressBoard::ProgressBoard(int64_t files_total)
    : terminal_(StandardError()), files_total_(files_total) {}

ProgressBoard::~ProgressBoard() { Wipe(); }

double ProgressBoard::seconds() const { return SecondsSince(began_); }

int ProgressBoard::Begin(const std::string& title) {
  const std::lock_guard lock(mutex_);
  const int number = files_begun_++;
  files_[number] = {.title = Shortened(OneLine(title), kTitleWidth, terminal_.utf8),
                    .began = Clock::now(),
                    .point = {}};
  return number;
}

void ProgressBoard::Show(int file, const ProgressPoint& point) {
  const std::lock_guard lock(mutex_);
  files_.at(file).point = point;
  if (!terminal_.interactive || Clock::now() - shown_ < kDrawEvery) return;
  shown_ = Clock::now();
  Wipe();
  Draw();
}

void ProgressBoard::End(int file) {
  const std::lock_guard lock(mutex_);
  const auto ended = files_.extract(file);
  ++files_ended_;
  rows_ended_ += ended.mapped().point.rows;
  bytes_ended_ += ended.mapped().point.bytes;
}

void ProgressBoard::Print(const std::string& line) {
  const std::lock_guard lock(mutex_);
  Wipe();
  std::cout << line << '\n' << std::flush;
}

void ProgressBoard::Warn(const std::string& line) {
  const std::lock_guard lock(mutex_);
  Wipe();
  std::cerr << Painted(terminal_, Paint::kYellow, "arrowport:") << ' ' << OneLine(line) << '\n'
            << std::flush;
}

void ProgressBoard::Wipe() {
  if (lines_drawn_ == 0) return;
  std::string wipe = "\r";
  for (int i = 1; i < lines_drawn_; ++i) wipe += "\033[A";
  std::cerr << wipe << "\033[J" << std::flush;
  lines_drawn_ = 0;
}

void ProgressBoard::Draw() {
  const std::vector<std::string> lines = Lines();
  std::string text;
  for (const std::string& line : lines) {
    if (!text.empty()) text += '\n';
    text += line;
  }
  std::cerr << text << std::flush;
  lines_drawn_ = static_cast<int>(lines.size());
}

std::vector<std::string> ProgressBoard::Lines() const {
  std::vector<std::string> lines;
  ProgressPoint whole{.rows = rows_ended_, .bytes = bytes_ended_, .fraction = {}};
  auto files_done = static_cast<double>(files_ended_);
  for (const auto& [number, file] : files_) {
    whole.rows += file.point.rows;
    whole.bytes += file.point.bytes;
    files_done += file.point.fraction.value_or(0);
    lines.push_back(ProgressLine(file.title, file.point, SecondsSince(file.began), terminal_));
  }
  if (files_total_ > 1) {
    // Each file counts the same, since nobody knows how many rows those to come have.
    whole.fraction = files_done / static_cast<double>(files_total_);
    const std::string title =
        std::to_string(files_ended_) + " of " + std::to_string(files_total_) + " files";
    lines.insert(lines.begin(), ProgressLine(title, whole, seconds(), terminal_));
  }
  // Lines that have left the screen cannot be wiped.
  const auto lines_max = static_cast<size_t>(std::max(terminal_.rows - 1, 1));
  if (lines.size() > lines_max) lines.resize(lines_max);
  return lines;
}

}  // namespace arrowport::cli
