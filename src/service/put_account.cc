#include "service/put_account.h"

#include <chrono>
#include <cstdint>
#include <utility>

#include <arrow/record_batch.h>

#include "base/batch_bytes.h"
#include "base/call_control.h"
#include "base/error.h"
#include "service/put.h"
#include "service/stream_table.h"

namespace arrowport::service {

PutAccount::PutAccount(PutSummary summary, PutBooks books)
    : books_(books), summary_(std::move(summary)) {}

int64_t PutAccount::Count(const arrow::RecordBatch& batch) {
  const int64_t bytes = BytesOf(batch);
  ++summary_.batches;
  summary_.rows += batch.num_rows();
  summary_.bytes += bytes;
  return bytes;
}

void PutAccount::MarkSkipped() {
  summary_.skipped = true;
  summary_.rows = 0;
}

void PutAccount::EnterPending() {
  is_pending_ = true;
  books_.streams.PutPending(summary_, began_);
}

Result<PutSummary> PutAccount::Settle(const Status& status) {
  if (is_pending_) books_.streams.PutNoLongerPending(summary_, began_);
  if (!status.ok()) {
    Status failure = WithContext("stream '" + summary_.stream + "'", status);
    books_.streams.PutFailed(summary_.stream, summary_.table, failure);
    books_.metrics.PutRefused(summary_.stream);
    return failure;
  }
  if (rows_quarantined_) {
    summary_.rows_quarantined = rows_quarantined_;
    summary_.rows -= *rows_quarantined_;
    books_.metrics.RowsQuarantined(summary_.stream, *rows_quarantined_);
  }
  summary_.seconds = std::chrono::duration<double>(Clock::now() - began_).count();
  books_.streams.PutLanded(summary_);
  if (summary_.skipped) {
    books_.metrics.PutSkipped(summary_.stream);
    return summary_;
  }
  books_.metrics.PutLanded(summary_.stream, summary_.rows, summary_.bytes, summary_.seconds);
  return summary_;
}

}  // namespace arrowport::service
