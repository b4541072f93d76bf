#include "base/durable_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/error.h"

namespace arrowport {
namespace {

Status Failed(const std::string& path, const char* what, int error) {
  const bool is_full = error == ENOSPC || error == EDQUOT;
  return MakeError(
      is_full ? ErrorKind::kStorageFull : ErrorKind::kUnavailable,
      "'" + path + "' cannot be " + what + ": " + std::generic_category().message(error));
}

/// A file descriptor that is closed with this.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  [[nodiscard]] int number() const { return number_; }

 private:
  const int number_;
};

Status WriteAll(const std::string& path, std::string_view text) {
  constexpr int kForTheOwner = 0600;
  const Descriptor file(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kForTheOwner));
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

Status SyncToDisk(const std::string& path) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.number() < 0) return Failed(path, "opened", errno);
  if (fsync(file.number()) != 0) return Failed(path, "written", errno);
  return Status::OK();
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
