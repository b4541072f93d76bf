#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/call_control.h"
#include "service/service.h"

namespace arrowport::service {

/// What the server remembers of each stream. Safe to use from many threads.
class StreamTable {
 public:
  void PutLanded(const PutSummary& summary);
  void PutFailed(const std::string& stream, const std::string& table, const Status& status);

  /// A put that is complete waits for its commit, from one thread, and no longer, from another.
  void PutPending(const PutSummary& put, Clock::time_point began);
  void PutNoLongerPending(const PutSummary& put, Clock::time_point began);

  /// By name.
  [[nodiscard]] std::vector<StreamInfo> List() const;

 private:
  /// Puts of a stream that wait for their commit.
  struct Pending {
    std::string table;
    int64_t rows = 0;
    int64_t bytes = 0;
    std::multiset<Clock::time_point> began;
  };

  // Needs mutex_.
  StreamInfo& Find(const std::string& stream, const std::string& table);

  // Everything below is guarded by mutex_.
  mutable std::mutex mutex_;
  std::map<std::string, StreamInfo> streams_;
  std::map<std::string, Pending> pending_;  // Of streams that have some.
};

}  // namespace arrowport::service
