#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include <arrow/record_batch.h>

#include "base/bounded_queue.h"
#include "base/call_control.h"
#include "base/error.h"
#include "service/put.h"
#include "service/service.h"
#include "service/staged_ingests.h"
#include "stream/file.h"

namespace arrowport::service {

/// A part of an ingest on its way to disk. Each batch is written by a thread of `ingests` before
/// the next one may come, so that a part holds no more memory than its door.
class PartPut final : public Put, public std::enable_shared_from_this<PartPut> {
 public:
  /// `keep_alive` owns `ingests`.
  PartPut(StagedIngests& ingests, std::shared_ptr<StagedIngests::Ingest> ingest, Call call,
          PutRequest request, std::shared_ptr<void> keep_alive);
  ~PartPut() override;
  PartPut(const PartPut&) = delete;
  PartPut& operator=(const PartPut&) = delete;

  QueueState Open(std::optional<int64_t> bytes_expected, std::function<void()> wake) override;
  QueueState Write(std::shared_ptr<arrow::RecordBatch> batch, std::function<void()> wake) override;
  void Finish(std::function<void(Result<PutSummary>)> done) override;
  void Abort(const Status& reason) override;

 private:
  void Fail(const Status& status);
  Status failure();

  // By a thread of the ingests, one after the other.
  Status OpenFile();
  Status WriteBatch(const std::shared_ptr<arrow::RecordBatch>& batch);
  Result<PutSummary> Stage();
  Status CheckMayGoOn();

  // Constant after construction.
  const std::shared_ptr<void> keep_alive_;
  StagedIngests& ingests_;
  const std::shared_ptr<StagedIngests::Ingest> ingest_;
  const Call call_;
  const PutRequest request_;
  const Clock::time_point began_ = Clock::now();

  // Of the one writer at a time, and of the thread that works for it.
  std::unique_ptr<stream::FileSink> sink_;
  StagedPart part_;
  int64_t bytes_in_memory_ = 0;
  int64_t bytes_held_ = 0;  // That count as held and are not staged.

  // Guarded by mutex_.
  std::mutex mutex_;
  Status failure_;
};

}  // namespace arrowport::service
