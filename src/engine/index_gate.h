#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "engine/table.h"

namespace arrowport::engine {

/// Keeps a statement that makes an index of a table apart from whatever writes to that table.
///
/// DuckDB 1.5 reads a table for its new index beside those that append to it and delete from it.
/// Rows of theirs are missing in the index, and when one of them is deleted for good DuckDB gives
/// up the database ("Failed to delete all rows from index"). Transactions that are open, but run
/// nothing meanwhile, do no harm.
///
/// Writers do not keep each other out. One who is to make an index waits for those that write, for
/// limits::kIndexPatience at most; whoever comes later waits for it. All tables of a pass are
/// entered at once, so nobody waits while others wait for him. Safe to use from many threads.
class IndexGate {
 public:
  /// One who is in, until the last copy is gone. The gate has to outlive it.
  using Pass = std::shared_ptr<void>;

  /// The number of the last commit in a catalog. They grow.
  using CommitClock = std::function<uint64_t(const std::string& catalog)>;

  enum class Effect {
    kAdds,     ///< Rows.
    kRemoves,  ///< Or changes them, which for an index is the same.
  };

  IndexGate(std::chrono::milliseconds patience, CommitClock last_commit)
      : patience_(patience), last_commit_(std::move(last_commit)) {}

  /// For whoever writes to `tables`, which are full names. kCancelled when `stop` comes first. What
  /// was done has to be committed when the last copy of the pass goes.
  Result<Pass> Write(const std::vector<TableName>& tables, Effect effect,
                     const std::stop_token& stop = {});

  /// The same, but nothing where that has to be waited for.
  std::optional<Pass> TryWrite(const std::vector<TableName>& tables, Effect effect);

  /// For whoever makes an index of each of `tables`. kConflict when they are written to for too
  /// long.
  Result<Pass> MakeIndex(const std::vector<TableName>& tables, const std::stop_token& stop = {});

  /// The number of a commit before which all rows were deleted that ever were; nothing for none.
  std::optional<uint64_t> RemovedAt(const TableName& table);

  [[nodiscard]] std::chrono::milliseconds patience() const { return patience_; }

 private:
  struct Place {
    int writers = 0;
    bool gets_index = false;  ///< Now, or when its writers are done.
  };
  using Keys = std::vector<std::string>;

  // Within mutex_.
  [[nodiscard]] bool GetsIndex(const Keys& keys) const;
  [[nodiscard]] bool IsWritten(const Keys& keys) const;
  Status WaitForIndex(const Keys& keys, const std::stop_token& stop,
                      std::unique_lock<std::mutex>& lock);

  Pass EnterLocked(const std::vector<TableName>& tables, const Keys& keys, Effect effect);
  void LeaveWriter(const std::vector<TableName>& tables, Effect effect);
  void LeaveMaker(const Keys& keys);
  void DropLocked(const std::string& key);

  // Constant after construction.
  const std::chrono::milliseconds patience_;
  const CommitClock last_commit_;

  // Everything below is guarded by mutex_.
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::map<std::string, Place> places_;         // Of tables that somebody is at.
  std::map<std::string, uint64_t> removed_at_;  // Of tables that lost rows.
};

}  // namespace arrowport::engine
