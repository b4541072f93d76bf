#include "engine/index_gate.h"

#include <algorithm>
#include <cstdint>
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
namespace {

std::vector<std::string> KeysOf(const std::vector<TableName>& tables) {
  std::vector<std::string> keys;
  keys.reserve(tables.size());
  for (const TableName& table : tables) keys.push_back(table.Key());
  std::ranges::sort(keys);
  const auto twice = std::ranges::unique(keys);
  keys.erase(twice.begin(), twice.end());
  return keys;
}

Status Cancelled() {
  return MakeError(ErrorKind::kCancelled, "the statement was cancelled while an index was made");
}

}  // namespace

Result<IndexGate::Pass> IndexGate::Write(const std::vector<TableName>& tables, Effect effect,
                                         const std::stop_token& stop) {
  const Keys keys = KeysOf(tables);
  if (keys.empty()) return Pass();
  std::unique_lock lock(mutex_);
  ARROW_RETURN_NOT_OK(WaitForIndex(keys, stop, lock));
  return EnterLocked(tables, keys, effect);
}

std::optional<IndexGate::Pass> IndexGate::TryWrite(const std::vector<TableName>& tables,
                                                   Effect effect) {
  const Keys keys = KeysOf(tables);
  if (keys.empty()) return Pass();
  const std::lock_guard lock(mutex_);
  if (GetsIndex(keys)) return std::nullopt;
  return EnterLocked(tables, keys, effect);
}

IndexGate::Pass IndexGate::EnterLocked(const std::vector<TableName>& tables, const Keys& keys,
                                       Effect effect) {
  for (const std::string& key : keys) ++places_[key].writers;
  return Pass(this, [this, tables, effect](void*) { LeaveWriter(tables, effect); });
}

Result<IndexGate::Pass> IndexGate::MakeIndex(const std::vector<TableName>& tables,
                                             const std::stop_token& stop) {
  Keys keys = KeysOf(tables);
  if (keys.empty()) return Pass();
  std::unique_lock lock(mutex_);
  ARROW_RETURN_NOT_OK(WaitForIndex(keys, stop, lock));
  for (const std::string& key : keys) places_[key].gets_index = true;
  Pass pass(this, [this, keys](void*) { LeaveMaker(keys); });
  const bool is_quiet = changed_.wait_for(lock, stop, patience_, [&] { return !IsWritten(keys); });
  lock.unlock();
  if (is_quiet) return pass;
  if (stop.stop_requested()) return Cancelled();
  return MakeError(ErrorKind::kConflict,
                   "an index is made of a table while nobody writes to it; others have written to "
                   "this one for " +
                       std::to_string(patience_.count()) + " ms; try again");
}

bool IndexGate::GetsIndex(const Keys& keys) const {
  return std::ranges::any_of(keys, [&](const std::string& key) {
    const auto place = places_.find(key);
    return place != places_.end() && place->second.gets_index;
  });
}

bool IndexGate::IsWritten(const Keys& keys) const {
  return std::ranges::any_of(keys, [&](const std::string& key) {
    const auto place = places_.find(key);
    return place != places_.end() && place->second.writers > 0;
  });
}

Status IndexGate::WaitForIndex(const Keys& keys, const std::stop_token& stop,
                               std::unique_lock<std::mutex>& lock) {
  const bool is_free = changed_.wait(lock, stop, [&] { return !GetsIndex(keys); });
  return is_free ? Status::OK() : Cancelled();
}

std::optional<uint64_t> IndexGate::RemovedAt(const TableName& table) {
  const std::lock_guard lock(mutex_);
  const auto removed = removed_at_.find(table.Key());
  if (removed == removed_at_.end()) return std::nullopt;
  return removed->second;
}

void IndexGate::LeaveWriter(const std::vector<TableName>& tables, Effect effect) {
  std::map<std::string, uint64_t> removed;
  if (effect == Effect::kRemoves) {
    for (const TableName& table : tables) removed[table.Key()] = last_commit_(table.catalog);
  }
  const std::lock_guard lock(mutex_);
  for (const auto& [key, commit] : removed) {
    removed_at_[key] = std::max(removed_at_[key], commit);
  }
  for (const std::string& key : KeysOf(tables)) {
    --places_[key].writers;
    DropLocked(key);
  }
  changed_.notify_all();
}

void IndexGate::LeaveMaker(const Keys& keys) {
  const std::lock_guard lock(mutex_);
  for (const std::string& key : keys) {
    places_[key].gets_index = false;
    DropLocked(key);
  }
  changed_.notify_all();
}

void IndexGate::DropLocked(const std::string& key) {
  const auto place = places_.find(key);
  if (place->second.writers == 0 && !place->second.gets_index) places_.erase(place);
}

}  // namespace arrowport::engine
