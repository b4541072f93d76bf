#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "cli/terminal.h"

namespace arrowport::cli {

/// How far something long is.
struct ProgressPoint {
  int64_t rows = 0;
  int64_t bytes = 0;
  std::optional<double> fraction;  ///< Of the whole, 0 to 1; unset where the whole is not known.
  std::optional<int64_t> rows_total =
      {};  ///< Of the whole; tells the fraction where that is unset.
};

/// One line that says so: title, bar, percent, rows, bytes, rows a second, the time that is left
/// and bytes a second, as much of these as fits into the terminal. Bytes of 0 are not known.
std::string ProgressLine(const std::string& title, const ProgressPoint& point, double seconds,
                         const Terminal& terminal);

/// That line on standard error, drawn over itself a few times a second. Silent where standard error
/// is no terminal. One thread at a time.
class Progress {
 public:
  explicit Progress(const std::string& title);

  /// Wipes the line, so that what comes next starts on a clean one.
  ~Progress();

  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void Show(const ProgressPoint& point);

  /// From now on the line begins with `title`, which is shown at once.
  void Begin(const std::string& title, const ProgressPoint& point);

  [[nodiscard]] double seconds() const;

 private:
  using Clock = std::chrono::steady_clock;

  // Constant after construction.
  const Terminal terminal_;
  const Clock::time_point began_;

  std::string title_;
  Clock::time_point shown_;
  bool drawn_ = false;
};

}  // namespace arrowport::cli
