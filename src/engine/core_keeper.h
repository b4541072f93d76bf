#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "base/call_control.h"
#include "base/error.h"
#include "engine/core.h"
#include "engine/database.h"
#include "engine/result_budget.h"

namespace arrowport::engine {

/// One call into a core, which stays open until the call is over. What the call hands out does not
/// keep the core open.
class CoreUse {
 public:
  /// kUnavailable when `core` is closing.
  static Result<CoreUse> Begin(std::shared_ptr<Core> core);

  ~CoreUse();
  CoreUse(CoreUse&&) noexcept = default;
  CoreUse& operator=(CoreUse&&) = delete;
  CoreUse(const CoreUse&) = delete;
  CoreUse& operator=(const CoreUse&) = delete;

  [[nodiscard]] const std::shared_ptr<Core>& core() const { return core_; }

 private:
  explicit CoreUse(std::shared_ptr<Core> core) : core_(std::move(core)) {}

  std::shared_ptr<Core> core_;  // Null: moved from.
};

/// The core of a running server, and another one in its place when DuckDB has given up its
/// instance, which happens when a checkpoint finds no room on the disk, or when the disk fails.
///
/// Then all that runs ends with kUnavailable, the instance is closed without another byte written,
/// and the file is opened anew as at a start, which finds all that was ever acknowledged. Where it
/// cannot be opened, that is tried again until it can. What lives in memory only cannot be opened
/// again: its core stays as it is. Safe to use from many threads.
class CoreKeeper {
 public:
  static Result<std::unique_ptr<CoreKeeper>> Open(DatabaseOptions options);
  ~CoreKeeper();
  CoreKeeper(const CoreKeeper&) = delete;
  CoreKeeper& operator=(const CoreKeeper&) = delete;

  /// The core for one call. kUnavailable with the reason while there is none, or when it is not the
  /// one of `edition`.
  Result<CoreUse> Use(std::optional<int64_t> edition = std::nullopt) const;

  /// kUnavailable with the reason while DuckDB does not answer.
  [[nodiscard]] Status Check() const;

  /// How often the file was opened: 1, and one more for each time that it was opened again.
  [[nodiscard]] int64_t edition() const;

  /// Closes the core; later calls are kUnavailable.
  Status Close();

 private:
  explicit CoreKeeper(std::shared_ptr<Core> core);

  void Run();
  bool WaitUntilClosing(Clock::duration time);
  void Replace(const Status& failure);
  bool CloseForGood(Core& failed, const Status& reason);
  std::shared_ptr<Core> OpenAgain();

  // Constant after construction.
  const DatabaseOptions options_;
  const std::shared_ptr<ResultBudget> result_budget_;

  // Everything below is guarded by mutex_.
  mutable std::mutex mutex_;
  std::condition_variable closing_changed_;
  std::shared_ptr<Core> core_;  // Null while there is none.
  Status absence_;              // Why.
  int64_t edition_ = 1;
  bool closing_ = false;

  // Goes first: it uses all of the above.
  std::thread thread_;
};

}  // namespace arrowport::engine
