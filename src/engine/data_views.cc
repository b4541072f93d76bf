#include "engine/data_views.h"

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <duckdb.hpp>

#include "base/error.h"
#include "engine/data_source.h"

namespace arrowport::engine {
namespace {

constexpr std::string_view kNumberedPrefix = "file_";

// Names of this form are for numbers alone, also for those that no file has yet.
bool LooksNumbered(const std::string& name) {
  const std::string lower = duckdb::StringUtil::Lower(name);
  if (!lower.starts_with(kNumberedPrefix) || lower.size() == kNumberedPrefix.size()) return false;
  return std::ranges::all_of(lower.substr(kNumberedPrefix.size()),
                             [](unsigned char c) { return std::isdigit(c) != 0; });
}

}  // namespace

bool DataViewNames::Take(const std::string& name) {
  return taken_.insert(duckdb::StringUtil::Lower(name)).second;
}

Result<DataViews> DataViews::Make(DataSource source, DataViewNames& names) {
  if (LooksNumbered(source.view) || !names.Take(source.view)) {
    return MakeError(ErrorKind::kInvalidInput,
                     source.option + ": the view '" + source.view +
                         "' has a name that other files have; give it another one");
  }
  return DataViews(std::move(source), names);
}

DataViewChanges DataViews::Update(std::vector<std::string> paths) {
  std::ranges::sort(paths);
  DataViewChanges changes;
  if (!is_first_look_ && paths == present_) return changes;
  is_first_look_ = false;
  present_ = std::move(paths);
  changes.views.push_back(ViewOfAll());
  if (!source_.view_per_file) return changes;
  for (const std::string& path : present_) {
    if (known_.insert(path).second) AddFile(path, &changes);
  }
  return changes;
}

DataView DataViews::ViewOfAll() const {
  DataView view{.name = source_.view, .patterns = {}, .comment = source_.pattern};
  // An address is asked for its files whenever the view is read: listing them here costs a while.
  if (!IsRemote(source_.pattern)) {
    for (const std::string& path : present_) view.patterns.push_back(PatternOf(path));
  }
  // Without files, the pattern makes an error that names it.
  if (view.patterns.empty()) view.patterns.push_back(source_.pattern);
  return view;
}

void DataViews::AddFile(const std::string& path, DataViewChanges* changes) {
  DataView view{.name = std::string(kNumberedPrefix) + std::to_string(next_number_++),
                .patterns = {PatternOf(path)},
                .comment = path};
  const std::string numbered = view.name;
  // No other file has it: names of this form are not given away.
  (void)names_->Take(numbered);
  changes->views.push_back(view);
  view.name = StemOf(path);
  if (view.name.empty()) return;
  if (LooksNumbered(view.name) || !names_->Take(view.name)) {
    changes->warnings.push_back("'" + path + "' is the view " + numbered + " alone: the name '" +
                                view.name + "' belongs to other files");
    return;
  }
  changes->views.push_back(std::move(view));
}

std::string DataViews::PatternOf(const std::string& path) const {
  return IsRemote(source_.pattern) ? path : LiteralPattern(path);
}

}  // namespace arrowport::engine
