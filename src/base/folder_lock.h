#pragma once

#include <memory>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/file_descriptor.h"

namespace arrowport {

/// Keeps a folder for one process: held until this is destroyed, or the process has ended.
class FolderLock {
 public:
  /// \return kUnavailable while another process, or another lock of this one, has `folder`, and
  ///   when its lock file cannot be made.
  static Result<std::unique_ptr<FolderLock>> Take(const std::string& folder);

 private:
  explicit FolderLock(FileDescriptor file) : file_(std::move(file)) {}

  const FileDescriptor file_;
};

}  // namespace arrowport
