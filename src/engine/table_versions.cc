#include "engine/table_versions.h"

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>

#include <duckdb.hpp>

#include "engine/table.h"

namespace arrowport::engine {
namespace {

// Tables that are remembered one by one; beyond, a change of one more counts for all.
constexpr size_t kTablesMax = 10'000;

}  // namespace

void TableVersions::Change(const ChangedTables& changed) {
  if (!changed.any()) return;
  const std::lock_guard lock(mutex_);
  ++now_;
  if (changed.all || changed_.size() + changed.tables.size() > kTablesMax) {
    all_changed_ = now_;
    changed_.clear();
    return;
  }
  for (const TableName& table : changed.tables) changed_[table.Key()] = now_;
}

std::string TableVersions::Of(const TableName& table) const {
  const std::lock_guard lock(mutex_);
  const auto found = changed_.find(table.Key());
  const int64_t changed = found == changed_.end() ? all_changed_ : found->second;
  return start_ + "-" + std::to_string(changed);
}

}  // namespace arrowport::engine
