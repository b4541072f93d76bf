#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/ids.h"
#include "engine/table.h"

namespace arrowport::engine {

/// What a statement may change.
struct ChangedTables {
  bool all = false;
  std::vector<TableName> tables;  ///< In full.

  [[nodiscard]] bool any() const { return all || !tables.empty(); }
};

/// A version for each table of a database, which changes when the table may have. Safe to use from
/// many threads.
///
/// Whoever changes tables says so when it is visible, and before anyone is told of it. So what is
/// read after a version was asked for is of that version or newer.
class TableVersions {
 public:
  void Change(const ChangedTables& changed);

  /// Of a table by its full name. No other start of a server has the same.
  [[nodiscard]] std::string Of(const TableName& table) const;

 private:
  // Constant after construction.
  const std::string start_ = NewId();

  // Everything below is guarded by mutex_.
  mutable std::mutex mutex_;
  int64_t now_ = 0;                         // Counts changes.
  int64_t all_changed_ = 0;                 // When all tables did last.
  std::map<std::string, int64_t> changed_;  // When a table did since.
};

}  // namespace arrowport::engine
