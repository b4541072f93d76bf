#include "base/folder_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>
#include <system_error>

#include "base/error.h"

namespace arrowport {

Result<std::unique_ptr<FolderLock>> FolderLock::Take(const std::string& folder) {
  constexpr int kForTheOwner = 0600;
  const std::string path = folder + "/.lock";
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kForTheOwner);
  if (file < 0) {
    return MakeError(ErrorKind::kUnavailable,
                     "'" + path + "' cannot be made: " + std::generic_category().message(errno));
  }
  std::unique_ptr<FolderLock> lock(new FolderLock(file));
  if (flock(file, LOCK_EX | LOCK_NB) == 0) return lock;
  return MakeError(ErrorKind::kUnavailable,
                   "the folder '" + folder + "' is used by another server");
}

FolderLock::~FolderLock() { close(file_); }

}  // namespace arrowport
