#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <duckdb.hpp>

#include "base/error.h"

namespace arrowport::engine {

/// The files of this machine that a pattern names, and a cheap way to ask whether that may have
/// changed. A folder means the files in it whose endings tell a format.
///
/// A folder's time of change is asked for at each statement, so a file is seen by the next one. A
/// pattern with wildcards before its last part may mean any number of folders; these are listed
/// again when the last look is a second old.
class DataFolder {
 public:
  /// kNotFound when the file, or the folder that the pattern looks in, is not there.
  /// kInvalidInput when the ending of a single file tells no format.
  static Result<DataFolder> Open(const std::string& pattern);

  /// As files are looked for: "/lake/*" for "/lake".
  [[nodiscard]] const std::string& glob() const { return glob_; }

  [[nodiscard]] bool MayHaveChanged() const;

  /// Files whose format is known. Throws what DuckDB throws.
  std::vector<std::string> List(duckdb::FileSystem& files);

 private:
  using Time = std::chrono::system_clock::time_point;

  enum class Kind { kFile, kFolder, kFolders };

  DataFolder(Kind kind, std::string glob, std::string folder)
      : kind_(kind), glob_(std::move(glob)), folder_(std::move(folder)) {}

  Kind kind_;
  std::string glob_;
  std::string folder_;  // Where the first wildcard is looked for.
  std::optional<Time> looked_at_;
  std::optional<Time> changed_at_;  // As the folder had it at that look; none: it was not there.
};

}  // namespace arrowport::engine
