#include "cli/temporary_folder.h"

#include <stdlib.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

#include "base/error.h"

namespace arrowport::cli {

TemporaryFolder::TemporaryFolder(std::string path) : path_(std::move(path)) {}

TemporaryFolder::TemporaryFolder(TemporaryFolder&& other) noexcept
    : path_(std::exchange(other.path_, "")) {}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

Result<TemporaryFolder> TemporaryFolder::Make(const std::string& parent,
                                              const std::string& name_start) {
  std::error_code error;
  std::filesystem::create_directories(parent, error);
  std::string path = (std::filesystem::path(parent) / (name_start + "-XXXXXX")).string();
  if (error || mkdtemp(path.data()) == nullptr) {
    return MakeError(ErrorKind::kInvalidInput,
                     "no folder can be made in '" + parent +
                         "': " + (error ? error.message() : std::strerror(errno)));
  }
  return TemporaryFolder(path);
}

std::string SystemTemporaryFolder() {
  std::error_code error;
  const std::filesystem::path path = std::filesystem::temp_directory_path(error);
  return error ? "/tmp" : path.string();
}

}  // namespace arrowport::cli
