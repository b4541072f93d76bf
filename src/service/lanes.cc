#include "service/lanes.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <mutex>
#include <ranges>
#include <string>
#include <utility>
#include <vector>

#include "base/call_control.h"
#include "base/error.h"
#include "engine/database.h"
#include "engine/table_rows.h"
#include "service/ledger.h"
#include "service/put.h"

namespace arrowport::service {
namespace {

// Tables that are written to at one time. A lane needs its thread for as long as others make its
// table.
constexpr int kThreadsMax = 64;

// Whether another transaction with fewer rows may end otherwise.
bool DependsOnTheRows(const Status& status) {
  const ErrorKind kind = KindOf(status);
  return kind != ErrorKind::kUnavailable && kind != ErrorKind::kStorageFull;
}

}  // namespace

Lanes::Lanes(std::shared_ptr<engine::Database> database, const LaneOptions& options)
    : database_(std::move(database)), options_(options), threads_(kThreadsMax) {}

Lanes::~Lanes() {
  Entries dropped;
  {
    const std::lock_guard lock(mutex_);
    for (auto& [table, lane] : lanes_) std::ranges::move(lane.queue, std::back_inserter(dropped));
    lanes_.clear();
  }
  SettleAll(dropped, MakeError(ErrorKind::kUnavailable, "the server is shutting down"));
}

Status Lanes::Add(Entry& entry) {
  std::string key = entry.lane;
  const std::lock_guard lock(mutex_);
  ARROW_RETURN_NOT_OK(stopped_);
  const auto [lane, is_new] = lanes_.try_emplace(key);
  lane->second.due = std::min(lane->second.due, Clock::now() + entry.delay_max);
  lane->second.bytes += entry.bytes;
  lane->second.queue.push_back(std::move(entry));
  ++pending_;
  const bool waited = DisarmLocked(lane->second);
  if (!is_new && !waited) return Status::OK();
  if (IsDueLocked(lane->second)) {
    Start(key);
  } else {
    SleepLocked(key, lane->second);
  }
  return Status::OK();
}

void Lanes::Start(const std::string& table) {
  // The timer may come when they are about to be destroyed.
  auto self = weak_from_this().lock();
  if (self == nullptr) return;
  threads_.Post([self = std::move(self), table] { self->Run(table); });
}

bool Lanes::IsDueLocked(const Lane& lane) const {
  return hurries_ || lane.bytes >= options_.group_bytes_max || Clock::now() >= lane.due;
}

// Until it is due, full, or hurried.
void Lanes::SleepLocked(const std::string& table, Lane& lane) {
  lane.alarm = timer_.Add(lane.due, [this, table] {
    const std::lock_guard lock(mutex_);
    const auto found = lanes_.find(table);
    if (found != lanes_.end()) WakeLocked(table, found->second);
  });
}

void Lanes::WakeLocked(const std::string& table, Lane& lane) {
  if (DisarmLocked(lane)) Start(table);
}

// \return whether it waited.
bool Lanes::DisarmLocked(Lane& lane) {
  const auto alarm = std::exchange(lane.alarm, {});
  if (alarm.has_value()) timer_.Remove(*alarm);
  return alarm.has_value();
}

void Lanes::WakeAllLocked() {
  for (auto& [table, lane] : lanes_) WakeLocked(table, lane);
}

void Lanes::Hurry() {
  const std::lock_guard lock(mutex_);
  hurries_ = true;
  WakeAllLocked();
}

int64_t Lanes::pending() const {
  const std::lock_guard lock(mutex_);
  return pending_;
}

void Lanes::Stop(const Status& reason) {
  Entries dropped;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = reason;
    for (auto& [key, lane] : lanes_) {
      std::ranges::move(lane.queue, std::back_inserter(dropped));
      lane.queue.clear();
      lane.bytes = 0;
    }
    // To find that there is nothing left.
    WakeAllLocked();
  }
  SettleAll(dropped, reason);
}

void Lanes::Run(const std::string& table) {
  for (;;) {
    Entries group = TakeGroup(table);
    if (group.empty()) return;
    LandAll(std::move(group));
  }
}

// Empty when the lane has nothing to do now: it waits, or is gone.
Lanes::Entries Lanes::TakeGroup(const std::string& table) {
  Entries group;
  const std::lock_guard lock(mutex_);
  const auto lane = lanes_.find(table);
  auto& queue = lane->second.queue;
  if (!queue.empty() && !IsDueLocked(lane->second)) {
    SleepLocked(table, lane->second);
    return group;
  }
  int64_t bytes = 0;
  while (!queue.empty() &&
         (group.empty() || bytes + queue.front().bytes <= options_.group_bytes_max)) {
    bytes += queue.front().bytes;
    group.push_back(std::move(queue.front()));
    queue.pop_front();
  }
  lane->second.bytes -= bytes;
  // What is left waited long enough.
  lane->second.due = queue.empty() ? Clock::time_point::max() : Clock::now();
  if (group.empty()) lanes_.erase(lane);
  return group;
}

// Tries them together, then without the guilty ones, or by halves. Their order is kept.
void Lanes::LandAll(Entries entries) {
  for (;;) {
    // Before they are checked: what is checked in one edition must not land in the next.
    const int64_t edition = database_->edition();
    RefuseWhatMayNotBeTried(entries);
    if (entries.empty()) return;
    const engine::JointOutcome outcome = TryAll(entries, edition);
    // Behind the last entry comes what lands in the ledger; that fails for everyone.
    const bool blames_an_entry = outcome.guilty_first < entries.size();
    if (outcome.status.ok() || entries.size() == 1 || !DependsOnTheRows(outcome.status) ||
        !blames_an_entry) {
      return SettleAll(entries, outcome.status);
    }
    if (outcome.guilty_count > 0) {
      Entries guilty = Cut(entries, outcome.guilty_first, outcome.guilty_count);
      SettleAll(guilty, outcome.status);
    } else {
      const size_t half = entries.size() / 2;
      LandAll(Cut(entries, 0, half));
    }
  }
}

void Lanes::RefuseWhatMayNotBeTried(Entries& entries) {
  for (size_t i = 0; i < entries.size();) {
    const Status checked = entries[i].check ? entries[i].check() : Status::OK();
    if (checked.ok()) {
      ++i;
      continue;
    }
    Entries refused = Cut(entries, i, 1);
    SettleAll(refused, checked);
  }
}

engine::JointOutcome Lanes::TryAll(const Entries& entries, int64_t edition) {
  std::vector<engine::TableRows> parts;
  parts.reserve(entries.size());
  std::vector<PutSummary> records;
  for (const Entry& entry : entries) {
    parts.push_back(entry.rows);
    if (entry.record) records.push_back(*entry.record);
  }
  if (!records.empty()) parts.push_back(LedgerRows(records));
  return database_->AppendTogether(parts, edition);
}

// Takes `count` out of `entries`, from `first`.
Lanes::Entries Lanes::Cut(Entries& entries, size_t first, size_t count) {
  const auto from = entries.begin() + static_cast<std::ptrdiff_t>(first);
  const auto to = from + static_cast<std::ptrdiff_t>(count);
  Entries cut(std::make_move_iterator(from), std::make_move_iterator(to));
  entries.erase(from, to);
  return cut;
}

void Lanes::SettleAll(Entries& entries, const Status& status) {
  // Their memory is free before anyone hears of their end.
  for (Entry& entry : entries) entry.rows = {};
  {
    const std::lock_guard lock(mutex_);
    pending_ -= static_cast<int64_t>(entries.size());
  }
  for (const Entry& entry : entries) entry.done(status);
}

}  // namespace arrowport::service
