#include "cli/growing_file.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/call_control.h"
#include "base/error.h"
#include "base/limits.h"

namespace arrowport::cli {
namespace {

constexpr size_t kReadBytes = size_t{kMiB};

// File systems of other machines tell of no changes, so the file is looked at now and then.
constexpr std::chrono::milliseconds kLookAnyway{2'000};

std::string Reason(int error) { return std::generic_category().message(error); }

int MillisecondsUntil(std::optional<Clock::time_point> until) {
  if (!until.has_value()) return static_cast<int>(kLookAnyway.count());
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*until - Clock::now());
  return static_cast<int>(std::clamp(left, std::chrono::milliseconds(0), kLookAnyway).count());
}

}  // namespace

Result<std::unique_ptr<GrowingFile>> GrowingFile::Open(const std::string& path) {
  std::unique_ptr<GrowingFile> file(new GrowingFile(path));
  ARROW_RETURN_NOT_OK(file->OpenAll());
  return file;
}

GrowingFile::GrowingFile(std::string path) : path_(std::move(path)), buffer_(kReadBytes) {}

Status GrowingFile::OpenAll() {
  file_ = open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  if (file_ < 0) {
    return MakeError(ErrorKind::kNotFound, "the file cannot be read: " + Reason(errno));
  }
  changes_ = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  stopped_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (changes_ < 0 || stopped_ < 0 ||
      inotify_add_watch(changes_, path_.c_str(), IN_MODIFY | IN_ATTRIB | IN_CLOSE_WRITE) < 0) {
    return MakeError(ErrorKind::kInternal, "the file cannot be watched: " + Reason(errno));
  }
  return Status::OK();
}

GrowingFile::~GrowingFile() {
  for (const int descriptor : {file_, changes_, stopped_}) {
    if (descriptor >= 0) close(descriptor);
  }
}

Result<std::string_view> GrowingFile::Read() {
  struct stat found = {};
  if (fstat(file_, &found) == 0 && found.st_size < bytes_read_) {
    return MakeError(ErrorKind::kConflict,
                     "the file has become shorter; only one that grows can be followed");
  }
  const ssize_t bytes = read(file_, buffer_.data(), buffer_.size());
  if (bytes < 0) {
    return MakeError(ErrorKind::kInternal, "the file cannot be read: " + Reason(errno));
  }
  bytes_read_ += bytes;
  return std::string_view(buffer_.data(), static_cast<size_t>(bytes));
}

void GrowingFile::WaitForMore(std::optional<Clock::time_point> until, const std::stop_token& stop) {
  const std::stop_callback wake(stop, [this] {
    const uint64_t one = 1;
    (void)!write(stopped_, &one, sizeof(one));
  });
  std::array<pollfd, 2> waited = {{{.fd = changes_, .events = POLLIN, .revents = 0},
                                   {.fd = stopped_, .events = POLLIN, .revents = 0}}};
  (void)poll(waited.data(), waited.size(), MillisecondsUntil(until));
  // What is read from now on is newer than these.
  alignas(inotify_event) std::array<char, 4096> events;
  while (read(changes_, events.data(), events.size()) > 0) continue;
}

bool GrowingFile::IsDeleted() const {
  struct stat found = {};
  return fstat(file_, &found) == 0 && found.st_nlink == 0;
}

}  // namespace arrowport::cli
