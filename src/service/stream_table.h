#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "service/service.h"

namespace arrowport::service {

/// What the server remembers of each stream. Safe to use from many threads.
class StreamTable {
 public:
  void PutLanded(const PutSummary& summary);
  void PutFailed(const std::string& stream, const std::string& table, const Status& status);

  /// By name.
  [[nodiscard]] std::vector<StreamInfo> List() const;

 private:
  // Needs mutex_.
  StreamInfo& Find(const std::string& stream, const std::string& table);

  // Everything below is guarded by mutex_.
  mutable std::mutex mutex_;
  std::map<std::string, StreamInfo> streams_;
};

}  // namespace arrowport::service
