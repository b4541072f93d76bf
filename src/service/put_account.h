#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

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

  /// Of the writer, while the put is under way. \return the bytes of `batch`.
  int64_t Count(const arrow::RecordBatch& batch);
  [[nodiscard]] const PutSummary& summary() const { return summary_; }

  /// Of the thread that lands the put, before it is settled: how many of its rows were put aside.
  void CountQuarantined(int64_t rows) { rows_quarantined_ = rows; }

  /// Of the writer, when all is there: a digest of what was sent.
  void SetPayload(std::string digest) { summary_.stamp.payload = std::move(digest); }

  /// Of the writer: the put fits nowhere, and nothing of it lands.
  void MarkSkipped();

  /// Enters that all of the put is there, and waits for its commit.
  void EnterPending();

  /// Enters how the put ended. \return what to tell its client.
  Result<PutSummary> Settle(const Status& status);

 private:
  const Clock::time_point began_ = Clock::now();
  const PutBooks books_;
  PutSummary summary_;
  std::optional<int64_t> rows_quarantined_;
  bool is_pending_ = false;
};

}  // namespace arrowport::service
