#pragma once

#include <string>

#include "base/error.h"

namespace arrowport::cli {

/// A new folder with a name of its own, removed with all that is in it at the end of its scope.
class TemporaryFolder {
 public:
  /// In `parent`, which is created when missing.
  static Result<TemporaryFolder> Make(const std::string& parent, const std::string& name_start);

  TemporaryFolder(TemporaryFolder&& other) noexcept;
  TemporaryFolder& operator=(TemporaryFolder&& other) = delete;
  ~TemporaryFolder();

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  explicit TemporaryFolder(std::string path);

  std::string path_;
};

/// Where the system wants temporary files: $TMPDIR or /tmp.
std::string SystemTemporaryFolder();

}  // namespace arrowport::cli
