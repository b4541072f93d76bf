#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"

namespace arrowport::cli {

/// A program that runs beside this one and ends with it. One thread at a time.
class ChildProcess {
 public:
  /// Starts `command` (the file of a program, then its arguments). Its standard input and output
  /// are ours to write to and read from; its errors go where ours go.
  /// \return kNotFound when the file cannot be run.
  static Result<std::unique_ptr<ChildProcess>> Start(const std::vector<std::string>& command);

  /// Stops it, if Stop was not called.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  Status WriteLine(const std::string& line);

  /// The next line of its output, without the line's end.
  /// \return kUnavailable when it ended, kDeadlineExceeded when nothing came in time.
  Result<std::string> ReadLine(std::chrono::milliseconds timeout);

  /// Whether it still runs.
  bool IsRunning();

  /// Closes its input, asks it to end (SIGTERM), and ends it by force after `timeout`.
  void Stop(std::chrono::milliseconds timeout);

  /// Processor time that it has used so far.
  [[nodiscard]] double CpuSeconds() const;

  /// The most memory it had at one time since it began, or since ForgetPeak.
  [[nodiscard]] int64_t PeakBytes() const;
  void ForgetPeak() const;

 private:
  ChildProcess(pid_t pid, int input, int output);

  // Constant after construction.
  const pid_t pid_;

  int input_;
  int output_;
  bool reaped_ = false;
  std::string read_ahead_;
};

}  // namespace arrowport::cli
