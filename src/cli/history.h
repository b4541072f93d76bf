#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace arrowport::cli {

/// What was entered, kept in a file that only its owner can read: one line an entry, however many
/// lines that has. Several programs may add to the same file. One thread at a time.
class History {
 public:
  static constexpr size_t kEntriesMax = 10'000;

  /// $XDG_STATE_HOME/arrowport/history, or ~/.local/state/arrowport/history; empty without a home.
  static std::string DefaultPath();

  /// Reads `path`, which is made, with its folders, when it is missing, and cut to its last
  /// `entries_max` entries when it has many more.
  static Result<History> Open(const std::string& path, size_t entries_max = kEntriesMax);

  /// Oldest first.
  [[nodiscard]] const std::vector<std::string>& entries() const { return entries_; }

  /// Keeps `entry`, unless it is blank or the same as the last one.
  Status Add(std::string_view entry);

 private:
  History(std::string path, std::vector<std::string> entries);

  std::string path_;
  std::vector<std::string> entries_;
};

}  // namespace arrowport::cli
