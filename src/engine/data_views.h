#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "engine/data_source.h"

namespace arrowport::engine {

/// A view over files, as it is to be made or made anew.
struct DataView {
  std::string name;
  std::vector<std::string> patterns;  ///< Of the files, in order; their endings tell the formats.
  std::string comment;                ///< Where the rows come from, for people.
};

/// What is to change after a look at the files.
struct DataViewChanges {
  std::vector<DataView> views;
  std::vector<std::string> warnings;  ///< What a user would miss.
};

/// The names that the views of all sources have, so that no two fight for one. Without regard to
/// case, as in SQL.
class DataViewNames {
 public:
  /// \return whether `name` was free.
  bool Take(const std::string& name);

 private:
  std::set<std::string> taken_;
};

/// Which views a source has. Files keep their numbers and names as long as the server runs: one
/// that goes away keeps its views, whose error then names it, and has them still when it is back.
class DataViews {
 public:
  /// `names` is shared by all sources and must outlive the views. kInvalidInput when the name of
  /// the source's own view is taken.
  static Result<DataViews> Make(DataSource source, DataViewNames& names);

  /// Takes note of the files that are there now, in any order.
  /// \return what is new: for all of them when they are others than before, and for each new file.
  DataViewChanges Update(std::vector<std::string> paths);

  /// The files that were there at the last look.
  [[nodiscard]] const std::vector<std::string>& present() const { return present_; }

  [[nodiscard]] const DataSource& source() const { return source_; }

 private:
  DataViews(DataSource source, DataViewNames& names) : source_(std::move(source)), names_(&names) {}

  [[nodiscard]] DataView ViewOfAll() const;
  void AddFile(const std::string& path, DataViewChanges* changes);
  [[nodiscard]] std::string PatternOf(const std::string& path) const;

  DataSource source_;
  DataViewNames* names_;
  bool is_first_look_ = true;
  std::vector<std::string> present_;
  std::set<std::string> known_;  // All that were ever there.
  size_t next_number_ = 0;
};

}  // namespace arrowport::engine
