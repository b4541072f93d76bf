#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "cli/progress.h"
#include "cli/terminal.h"

namespace arrowport::cli {

/// How far several files are: with more than one, a line for all of them and one for each that is
/// under way, on standard error, drawn over themselves a few times a second. Silent where standard
/// error is no terminal. Safe to use from many threads.
class ProgressBoard {
 public:
  using Clock = std::chrono::steady_clock;

  explicit ProgressBoard(int64_t files_total);

  /// Wipes the lines, so that what comes next starts on a clean one.
  ~ProgressBoard();

  ProgressBoard(const ProgressBoard&) = delete;
  ProgressBoard& operator=(const ProgressBoard&) = delete;

  /// A file begins. \return its number, for the two below.
  int Begin(const std::string& title);
  void Show(int file, const ProgressPoint& point);
  void End(int file);

  /// Writes a line to standard output, or to standard error, above the board.
  void Print(const std::string& line);
  void Warn(const std::string& line);

  [[nodiscard]] double seconds() const;

 private:
  struct File {
    std::string title;
    Clock::time_point began;
    ProgressPoint point;
  };

  // Need mutex_.
  void Wipe();
  void Draw();
  [[nodiscard]] std::vector<std::string> Lines() const;

  // Constant after construction.
  const Terminal terminal_;
  const int64_t files_total_;
  const Clock::time_point began_ = Clock::now();

  // Everything below is guarded by mutex_.
  std::mutex mutex_;
  std::map<int, File> files_;  // Under way.
  int files_begun_ = 0;
  int64_t files_ended_ = 0;
  int64_t rows_ended_ = 0;
  int64_t bytes_ended_ = 0;
  int lines_drawn_ = 0;
  Clock::time_point shown_;
};

}  // namespace arrowport::cli
