#include "base/folder_lock.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/file_descriptor.h"

namespace arrowport {

Result<std::unique_ptr<FolderLock>> FolderLock::Take(const std::string& folder) {
  constexpr int kForTheOwner = 0600;
  const std::string path = folder + "/.lock";
  FileDescriptor file(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kForTheOwner));
  if (file.number() < 0) {
    return MakeError(ErrorKind::kUnavailable,
                     "'" + path + "' cannot be made: " + std::generic_category().message(errno));
  }
  if (flock(file.number(), LOCK_EX | LOCK_NB) == 0) {
    return std::unique_ptr<FolderLock>(new FolderLock(std::move(file)));
  }
  return MakeError(ErrorKind::kUnavailable,
                   "the folder '" + folder + "' is used by another server");
}

}  // namespace arrowport
