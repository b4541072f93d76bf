#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/call_control.h"
#include "base/deadline_timer.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/worker_pool.h"
#include "engine/database.h"
#include "engine/table_rows.h"
#include "service/put.h"

namespace arrowport::service {

struct LaneOptions {
  int64_t group_bytes_max = 32 * kMiB;  ///< Of rows that are committed together.
};

/// Group commit. Each table has a lane, in which small puts wait; all that came while the last
/// group was committed is the next one. So the number of commits follows the disk, not the number
/// of clients, and a put that is alone waits for nobody.
///
/// A group is one transaction. When it fails, its puts are tried in smaller groups, down to one, so
/// that only those fail that are to blame. Lanes of different tables commit beside each other.
/// Safe to use from many threads.
class Lanes : public std::enable_shared_from_this<Lanes> {
 public:
  /// A put that is all there.
  struct Entry {
    engine::TableRows rows;
    std::string lane = {};  ///< What it shares with those that land before it; TableName::Key().
    int64_t bytes = 0;      ///< Of its rows in memory.
    /// It may wait so long for others to be committed with.
    std::chrono::milliseconds delay_max{0};
    /// Null, or whether the put may still be tried: it is not when this fails.
    std::function<Status()> check;
    std::optional<PutSummary> record;  ///< Of a producer's put: lands in the ledger with it.
    /// Called once, from any thread, when the put is durable, or why it is not there.
    std::function<void(const Status&)> done;
  };

  /// `database` is shared with the caller.
  Lanes(std::shared_ptr<engine::Database> database, const LaneOptions& options);

  /// Not while a group is committed. What waits for company fails.
  ~Lanes();
  Lanes(const Lanes&) = delete;
  Lanes& operator=(const Lanes&) = delete;

  /// Queues `entry`. Fails only when the lanes were stopped, and then `entry` is as it was.
  Status Add(Entry& entry);

  /// From now on nobody waits for company.
  void Hurry();

  /// Puts that wait or are being committed.
  [[nodiscard]] int64_t pending() const;

  /// From now on what waits, and whatever is added, fails with `reason`. What is being committed
  /// goes on.
  void Stop(const Status& reason);

 private:
  using Entries = std::vector<Entry>;

  /// Of one table; there as long as a thread works for it, or it waits for company.
  struct Lane {
    std::deque<Entry> queue;
    int64_t bytes = 0;                                 // Of what is queued.
    Clock::time_point due = Clock::time_point::max();  // When the first of them may wait no more.
    std::optional<DeadlineTimer::Key> alarm;           // Set: it waits, and has no thread.
  };

  void Start(const std::string& table);
  void Run(const std::string& table);
  Entries TakeGroup(const std::string& table);
  [[nodiscard]] bool IsDueLocked(const Lane& lane) const;
  void SleepLocked(const std::string& table, Lane& lane);
  void WakeLocked(const std::string& table, Lane& lane);
  bool DisarmLocked(Lane& lane);
  void WakeAllLocked();
  void LandAll(Entries entries);
  void RefuseWhatMayNotBeTried(Entries& entries);
  engine::JointOutcome TryAll(const Entries& entries, int64_t edition);
  static Entries Cut(Entries& entries, size_t first, size_t count);
  void SettleAll(Entries& entries, const Status& status);

  // Constant after construction.
  const std::shared_ptr<engine::Database> database_;
  const LaneOptions options_;

  // Everything below is guarded by mutex_.
  mutable std::mutex mutex_;
  std::map<std::string, Lane> lanes_;
  bool hurries_ = false;
  int64_t pending_ = 0;
  Status stopped_;

  // Go first, the timer before the threads: what they run uses all of the above.
  WorkerPool threads_;
  DeadlineTimer timer_;
};

}  // namespace arrowport::service
