#include "engine/data_folder.h"

#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include <duckdb.hpp>

#include "base/error.h"
#include "engine/data_source.h"

namespace arrowport::engine {
namespace {

using SystemClock = std::chrono::system_clock;

// A folder's time goes in steps of the kernel's clock, up to 10 ms. A folder that changed this
// shortly before a look may have changed after it with the same time.
constexpr std::chrono::milliseconds kStep{50};

constexpr std::chrono::seconds kFoldersAge{1};

std::optional<SystemClock::time_point> ChangeTimeOf(const std::string& folder) {
  struct stat about = {};
  if (stat(folder.c_str(), &about) != 0) return std::nullopt;
  const auto since_epoch =
      std::chrono::seconds(about.st_mtim.tv_sec) + std::chrono::nanoseconds(about.st_mtim.tv_nsec);
  return SystemClock::time_point(std::chrono::duration_cast<SystemClock::duration>(since_epoch));
}

std::string UnknownFormat(const std::string& path) {
  return "the ending of '" + path +
         "' tells no format; known are .parquet, .csv, .json, .ndjson and .jsonl, the texts also "
         "with .gz or .zst";
}

bool IsHidden(const std::string& path) {
  return std::filesystem::path(path).filename().string().starts_with('.');
}

}  // namespace

Result<DataFolder> DataFolder::Open(const std::string& pattern) {
  std::error_code error;
  if (std::filesystem::is_directory(pattern, error)) {
    const std::string inside = LiteralPattern(pattern) + (pattern.ends_with('/') ? "*" : "/*");
    return DataFolder(Kind::kFolder, inside, pattern);
  }
  // A name with brackets may be meant as it is.
  if (!HasWildcard(pattern) || std::filesystem::exists(pattern, error)) {
    if (!std::filesystem::exists(pattern, error)) {
      return MakeError(ErrorKind::kNotFound, "there is no file or folder '" + pattern + "'");
    }
    if (DataFormatOf(pattern)) return DataFolder(Kind::kFile, LiteralPattern(pattern), pattern);
    return MakeError(ErrorKind::kInvalidInput, UnknownFormat(pattern));
  }
  const std::string folder = FolderOf(pattern);
  if (!std::filesystem::is_directory(folder, error)) {
    return MakeError(ErrorKind::kNotFound,
                     "there is no folder '" + folder + "' to look for '" + pattern + "' in");
  }
  const std::string last = std::filesystem::path(pattern).filename().string();
  const bool one_folder =
      last.find("**") == std::string::npos &&
      !HasWildcard(std::string_view(pattern).substr(0, pattern.size() - last.size()));
  return DataFolder(one_folder ? Kind::kFolder : Kind::kFolders, pattern, folder);
}

bool DataFolder::MayHaveChanged() const {
  if (!looked_at_) return true;
  switch (kind_) {
    case Kind::kFile:
      return false;
    case Kind::kFolders:
      return SystemClock::now() - *looked_at_ >= kFoldersAge;
    case Kind::kFolder:
      break;
  }
  const auto changed_at = ChangeTimeOf(folder_);
  return changed_at != changed_at_ || (changed_at && *changed_at > *looked_at_ - kStep);
}

std::vector<std::string> DataFolder::List(duckdb::FileSystem& files) {
  // Before the list is made: what comes meanwhile is seen by the next look.
  looked_at_ = SystemClock::now();
  changed_at_ = ChangeTimeOf(folder_);
  std::vector<std::string> paths;
  for (const auto& file : files.Glob(glob_)) {
    if (DataFormatOf(file.path) && !IsHidden(file.path)) paths.push_back(file.path);
  }
  return paths;
}

}  // namespace arrowport::engine
