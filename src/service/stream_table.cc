#include "service/stream_table.h"

#include <chrono>
#include <mutex>
#include <string>
#include <vector>

#include "base/error.h"
#include "service/service.h"

namespace arrowport::service {

StreamInfo& StreamTable::Find(const std::string& stream, const std::string& table) {
  StreamInfo& info = streams_[stream];
  info.name = stream;
  info.table = table;
  return info;
}

void StreamTable::PutLanded(const PutSummary& summary) {
  using std::chrono::milliseconds;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  std::lock_guard lock(mutex_);
  StreamInfo& info = Find(summary.stream, summary.table);
  ++info.puts;
  info.rows += summary.rows;
  info.bytes += summary.bytes;
  info.last_put_unix_ms = std::chrono::duration_cast<milliseconds>(now).count();
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

std::vector<StreamInfo> StreamTable::List() const {
  std::lock_guard lock(mutex_);
  std::vector<StreamInfo> streams;
  streams.reserve(streams_.size());
  for (const auto& [name, info] : streams_) streams.push_back(info);
  return streams;
}

}  // namespace arrowport::service
