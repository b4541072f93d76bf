#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/call_control.h"
#include "base/error.h"

namespace arrowport::cli {

/// A file that somebody appends to. One thread at a time.
class GrowingFile {
 public:
  /// \return kNotFound when there is none.
  static Result<std::unique_ptr<GrowingFile>> Open(const std::string& path);

  ~GrowingFile();
  GrowingFile(const GrowingFile&) = delete;
  GrowingFile& operator=(const GrowingFile&) = delete;

  /// The next bytes, valid until the next call; none at the end that the file has now.
  /// \return kConflict when the file has become shorter than what was read of it.
  Result<std::string_view> Read();

  /// Blocks until the file may have grown, `until`, or a stop.
  void WaitForMore(std::optional<Clock::time_point> until, const std::stop_token& stop);

  /// Whether the file has no name any more: nobody will find it to append to it.
  [[nodiscard]] bool IsDeleted() const;

  [[nodiscard]] int64_t bytes_read() const { return bytes_read_; }

 private:
  explicit GrowingFile(std::string path);
  Status OpenAll();

  // Constant after Open.
  const std::string path_;
  int file_ = -1;
  int changes_ = -1;  // Of inotify.
  int stopped_ = -1;  // An eventfd.

  int64_t bytes_read_ = 0;
  std::vector<char> buffer_;
};

}  // namespace arrowport::cli
