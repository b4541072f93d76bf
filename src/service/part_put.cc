#include "service/part_put.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include <arrow/record_batch.h>

#include "base/batch_bytes.h"
#include "base/bounded_queue.h"
#include "base/call_control.h"
#include "base/durable_file.h"
#include "base/error.h"
#include "base/ids.h"
#include "service/put.h"
#include "service/service.h"
#include "service/staged_ingests.h"
#include "stream/file.h"

namespace arrowport::service {
namespace {

// A disk that is gone or broken is nothing that a caller did wrong.
Status OfDisk(const Status& status) {
  if (status.ok() || KindOf(status) == ErrorKind::kStorageFull) return status;
  return WithKind(ErrorKind::kUnavailable, status);
}

}  // namespace

PartPut::PartPut(StagedIngests& ingests, std::shared_ptr<StagedIngests::Ingest> ingest, Call call,
                 PutRequest request, std::shared_ptr<void> keep_alive)
    : keep_alive_(std::move(keep_alive)),
      ingests_(ingests),
      ingest_(std::move(ingest)),
      call_(std::move(call)),
      request_(std::move(request)) {
  part_.name = request_.part;
  part_.file = part_.name + "." + NewId() + ".arrows";
}

PartPut::~PartPut() {
  sink_ = nullptr;
  ingests_.GiveBackRoom(bytes_held_);
  ingests_.PartIsOver(ingest_);
}

QueueState PartPut::Open(std::optional<int64_t> /*bytes_expected*/, std::function<void()> wake) {
  if (!failure().ok()) return QueueState::kClosed;
  if (sink_ != nullptr) return QueueState::kReady;
  ingests_.threads_.Post([self = shared_from_this(), wake = std::move(wake)] {
    self->Fail(self->OpenFile());
    wake();
  });
  return QueueState::kWait;
}

QueueState PartPut::Write(std::shared_ptr<arrow::RecordBatch> batch, std::function<void()> wake) {
  if (!failure().ok()) return QueueState::kClosed;
  ingests_.threads_.Post(
      [self = shared_from_this(), batch = std::move(batch), wake = std::move(wake)]() mutable {
        self->Fail(self->WriteBatch(batch));
        batch = nullptr;
        wake();
      });
  return QueueState::kWait;
}

void PartPut::Finish(std::function<void(Result<PutSummary>)> done) {
  ingests_.threads_.Post([self = shared_from_this(), done = std::move(done)] {
    auto summary = self->Stage();
    self->sink_ = nullptr;
    done(std::move(summary));
  });
}

void PartPut::Abort(const Status& reason) { Fail(reason); }

void PartPut::Fail(const Status& status) {
  const std::lock_guard lock(mutex_);
  if (failure_.ok()) failure_ = status;
}

Status PartPut::failure() {
  const std::lock_guard lock(mutex_);
  return failure_;
}

Status PartPut::CheckMayGoOn() {
  ARROW_RETURN_NOT_OK(failure());
  if (call_.control.stop.stop_requested()) {
    return MakeError(ErrorKind::kCancelled, "the caller gave up the part");
  }
  if (call_.control.deadline && Clock::now() >= *call_.control.deadline) {
    return MakeError(ErrorKind::kDeadlineExceeded, "the call's time is over");
  }
  ARROW_RETURN_NOT_OK(ingests_.CheckOpen(ingest_));
  return ingests_.needs_.check_room();
}

Status PartPut::OpenFile() {
  ARROW_RETURN_NOT_OK(CheckMayGoOn());
  ARROW_RETURN_NOT_OK(ingests_.SettleDoubts(call_, ingest_));
  ARROW_RETURN_NOT_OK(ingests_.CheckSchema(ingest_, part_.name, request_.schema));
  ARROW_RETURN_NOT_OK(ingests_.needs_.check_fit(request_));
  auto sink = stream::OpenFileSink(ingest_->folder.PathOf(part_.file),
                                   stream::FileFormat::kArrowStream, request_.schema);
  if (!sink.ok()) return OfDisk(sink.status());
  sink_ = *std::move(sink);
  return Status::OK();
}

Status PartPut::WriteBatch(const std::shared_ptr<arrow::RecordBatch>& batch) {
  ARROW_RETURN_NOT_OK(CheckMayGoOn());
  ARROW_RETURN_NOT_OK(OfDisk(sink_->Write(batch)));
  const int64_t more = sink_->bytes() - bytes_held_;
  ARROW_RETURN_NOT_OK(ingests_.TakeRoom(more));
  bytes_held_ += more;
  ++part_.batches;
  part_.rows += batch->num_rows();
  bytes_in_memory_ += BytesOf(*batch);
  return Status::OK();
}

Result<PutSummary> PartPut::Stage() {
  ARROW_RETURN_NOT_OK(CheckMayGoOn());
  ARROW_RETURN_NOT_OK(OfDisk(sink_->Close()));
  part_.bytes = sink_->bytes();
  ARROW_RETURN_NOT_OK(SyncToDisk(ingest_->folder.PathOf(part_.file)));
  ARROW_RETURN_NOT_OK(ingests_.Stage(ingest_, part_, request_.schema));
  PutSummary summary;
  summary.stream = request_.stream;
  summary.rows = part_.rows;
  summary.batches = part_.batches;
  summary.bytes = bytes_in_memory_;
  summary.seconds = std::chrono::duration<double>(Clock::now() - began_).count();
  summary.ingest = request_.ingest;
  summary.part = request_.part;
  return summary;
}

}  // namespace arrowport::service
