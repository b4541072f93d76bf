#include "base/durable_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include "base/error.h"
#include "base/file_descriptor.h"

namespace arrowport {
namespace {

Status Failed(const std::string& path, const char* what, int error) {
  return MakeError(
      IsDiskFull(error) ? ErrorKind::kStorageFull : ErrorKind::kUnavailable,
      "'" + path + "' cannot be " + what + ": " + std::generic_category().message(error));
}

Status WriteAll(const std::string& path, std::string_view text) {
  constexpr int kForTheOwner = 0600;
  const FileDescriptor file(
      open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kForTheOwner));
  if (file.number() < 0) return Failed(path, "made", errno);
  while (!text.empty()) {
    const ssize_t written = write(file.number(), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Failed(path, "written", errno);
    text.remove_prefix(static_cast<size_t>(written));
  }
  if (fsync(file.number()) != 0) return Failed(path, "written", errno);
  return Status::OK();
}

}  // namespace

bool IsDiskFull(int error) { return error == ENOSPC || error == EDQUOT; }

Status SyncToDisk(const std::string& path) {
  const FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.number() < 0) return Failed(path, "opened", errno);
  if (fsync(file.number()) != 0) return Failed(path, "written", errno);
  return Status::OK();
}

Status MakeFolder(const std::string& path) {
  std::error_code error;
  const bool is_new = std::filesystem::create_directories(path, error);
  if (error) return Failed(path, "made", error.value());
  return is_new ? SyncToDisk(std::filesystem::absolute(path).parent_path().string()) : Status::OK();
}

Status WriteDurably(const std::string& path, std::string_view text) {
  const std::string partial = path + ".partial";
  ARROW_RETURN_NOT_OK(WriteAll(partial, text));
  std::error_code error;
  std::filesystem::rename(partial, path, error);
  if (error) return Failed(path, "replaced", error.value());
  return SyncToDisk(std::filesystem::path(path).parent_path().string());
}

}  // namespace arrowport
