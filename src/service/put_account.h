#pragma once

#include <functional>
#include <memory>

#include "base/call_control.h"
#include "base/error.h"
#include "observe/metrics.h"
#include "service/put.h"
#include "service/stream_table.h"

namespace arrowport::service {

/// Where puts are entered when they are over. What they refer to must outlive them.
struct PutBooks {
  StreamTable& streams;
  observe::Metrics& metrics;
};

/// The account of one put. Entered once, by any thread, when nobody writes any more.
class PutAccount {
 public:
  using Done = std::function<void(Result<PutSummary>)>;

  PutAccount(PutSummary summary, PutBooks books);

  /// Of the writer, while the put is under way.
  void Count(const arrow::RecordBatch& batch);
  [[nodiscard]] const PutSummary& summary() const { return summary_; }

  /// Enters how the put ended. \return what to tell its client.
  Result<PutSummary> Settle(const Status& status);

 private:
  const Clock::time_point began_ = Clock::now();
  const PutBooks books_;
  PutSummary summary_;
};

}  // namespace arrowport::service
