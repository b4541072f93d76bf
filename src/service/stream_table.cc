#include "service/stream_table.h"

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/call_control.h"
#include "base/error.h"
#include "base/unix_time.h"
#include "service/service.h"

namespace arrowport::service {

StreamInfo& StreamTable::Find(const std::string& stream, const std::string& table) {
  StreamInfo& info = streams_[stream];
  info.name = stream;
  info.table = table;
  return info;
}

void StreamTable::PutLanded(const PutSummary& summary) {
  const int64_t now = UnixMs(std::chrono::system_clock::now());
  std::lock_guard lock(mutex_);
  StreamInfo& info = Find(summary.stream, summary.table);
  ++(summary.skipped ? info.puts_skipped : info.puts);
  info.rows += summary.rows;
  info.rows_quarantined += summary.rows_quarantined.value_or(0);
  if (!summary.skipped) info.bytes += summary.bytes;
  info.last_put_unix_ms = now;
  info.last_error.clear();
}

void StreamTable::PutFailed(const std::string& stream, const std::string& table,
                            const Status& status) {
  std::lock_guard lock(mutex_);
  // A stream that nothing ever landed in is most often a mistyped name: it is not worth a row, and
  // its names would grow without bound.
  const auto found = streams_.find(stream);
  if (found == streams_.end()) return;
  found->second.table = table;
  ++found->second.puts_failed;
  found->second.last_error = status.message();
}

void StreamTable::PutPending(const PutSummary& put, Clock::time_point began) {
  const std::lock_guard lock(mutex_);
  Pending& pending = pending_[put.stream];
  pending.table = put.table;
  pending.rows += put.rows;
  pending.bytes += put.bytes;
  pending.began.insert(began);
}

void StreamTable::PutNoLongerPending(const PutSummary& put, Clock::time_point began) {
  const std::lock_guard lock(mutex_);
  const auto found = pending_.find(put.stream);
  Pending& pending = found->second;
  pending.rows -= put.rows;
  pending.bytes -= put.bytes;
  pending.began.erase(pending.began.find(began));
  if (pending.began.empty()) pending_.erase(found);
}

std::vector<StreamInfo> StreamTable::List() const {
  const auto now = Clock::now();
  std::lock_guard lock(mutex_);
  std::map<std::string, StreamInfo> infos = streams_;
  for (const auto& [name, pending] : pending_) {
    StreamInfo& info = infos[name];
    info.name = name;
    info.table = pending.table;
    info.puts_pending = static_cast<int64_t>(pending.began.size());
    info.rows_pending = pending.rows;
    info.bytes_pending = pending.bytes;
    info.lag = std::chrono::duration_cast<std::chrono::milliseconds>(now - *pending.began.begin());
  }
  std::vector<StreamInfo> streams;
  streams.reserve(infos.size());
  for (auto& [name, info] : infos) streams.push_back(std::move(info));
  return streams;
}

}  // namespace arrowport::service
