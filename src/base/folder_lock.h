#pragma once

#include <memory>
#include <string>

#include "base/error.h"

namespace arrowport {

/// Keeps a folder for one process: held until this is destroyed, or the process has ended.
class FolderLock {
 public:
  /// \return kUnavailable while another process, or another lock of this one, has `folder`, and
  ///   when its lock file cannot be made.
  static Result<std::unique_ptr<FolderLock>> Take(const std::string& folder);

  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  explicit FolderLock(int file) : file_(file) {}

  const int file_;
};

}  // namespace arrowport
