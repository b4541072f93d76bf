#include "engine/disk_reserve.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string>
#include <system_error>

#include "base/call_control.h"
#include "base/error.h"
#include "base/limits.h"

namespace arrowport::engine {
namespace {

// A disk takes some hundred MiB a second at best, and the reserve is there for what lands
// meanwhile.
constexpr auto kLookEvery = std::chrono::milliseconds(100);

std::filesystem::path FolderOf(const std::string& path) {
  auto folder = std::filesystem::path(path).parent_path();
  return folder.empty() ? std::filesystem::path(".") : folder;
}

std::string MiB(int64_t bytes) { return std::to_string(bytes / kMiB) + " MiB"; }

}  // namespace

DiskReserve::DiskReserve(const std::string& path, int64_t bytes)
    : folder_(FolderOf(path)), bytes_(bytes) {}

Status DiskReserve::Check() {
  if (bytes_ == 0) return Status::OK();
  const int64_t free = free_bytes();
  if (free < 0 || free >= bytes_) return Status::OK();
  return MakeError(ErrorKind::kStorageFull,
                   "the disk of the database has " + MiB(free) + " left, and " + MiB(bytes_) +
                       " are kept free (option 'disk_reserve_bytes'); make room, then send it "
                       "again. Reads go on");
}

int64_t DiskReserve::free_bytes() {
  const std::lock_guard lock(mutex_);
  const auto now = Clock::now();
  if (looked_ && now - looked_at_ < kLookEvery) return free_bytes_;
  looked_ = true;
  looked_at_ = now;
  std::error_code failed;
  const auto space = std::filesystem::space(folder_, failed);
  free_bytes_ = failed ? -1 : static_cast<int64_t>(space.available);
  return free_bytes_;
}

}  // namespace arrowport::engine
