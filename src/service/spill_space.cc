#include "service/spill_space.h"

#include <filesystem>
#include <string>
#include <system_error>

#include "base/error.h"

namespace arrowport::service {
namespace {

// Each copies batches to or from the disk's cache, which takes a core's time.
constexpr int kThreadsMax = 4;

std::string SystemDirectory() {
  std::error_code ignored;
  return std::filesystem::temp_directory_path(ignored).string();
}

}  // namespace

SpillSpace::SpillSpace(const SpillOptions& options)
    : directory_(options.directory.empty() ? SystemDirectory() : options.directory),
      bytes_max_(options.bytes_max),
      full_patience_(options.full_patience),
      threads_(kThreadsMax) {}

Status SpillSpace::MakeDirectory() const {
  std::error_code error;
  std::filesystem::create_directories(directory_, error);
  if (!error) return Status::OK();
  return MakeError(ErrorKind::kUnavailable,
                   "cannot make the folder '" + directory_ +
                       "' for what clients send early: " + error.message());
}

}  // namespace arrowport::service
