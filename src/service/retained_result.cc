#include "service/retained_result.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/bounded_queue.h"
#include "base/call_control.h"
#include "base/error.h"
#include "base/event.h"
#include "engine/result_stream.h"
#include "service/table_file.h"
#include "stream/arrow_file_batches.h"

namespace arrowport::service {
namespace {

class PartOfFile final : public engine::ResultStream {
 public:
  PartOfFile(std::unique_ptr<stream::ArrowFileBatches> batches, int part, int parts)
      : schema_(batches->schema()), parts_(parts), batches_(std::move(batches)), next_(part) {}

  [[nodiscard]] const std::shared_ptr<arrow::Schema>& schema() const override { return schema_; }
  [[nodiscard]] bool ordered() const override { return true; }

  QueueState Poll(std::shared_ptr<arrow::RecordBatch>* batch,
                  std::function<void()> /*wake*/) override {
    const std::lock_guard lock(mutex_);
    if (!status_.ok() || next_ >= batches_->count()) return QueueState::kClosed;
    auto read = batches_->Read(next_);
    next_ += parts_;
    if (!read.ok()) {
      status_ = MakeError(ErrorKind::kUnavailable, read.status().message());
      return QueueState::kClosed;
    }
    *batch = *std::move(read);
    return QueueState::kReady;
  }

  [[nodiscard]] Status status() const override {
    const std::lock_guard lock(mutex_);
    return status_;
  }

  void Cancel(const Status& reason) override {
    const std::lock_guard lock(mutex_);
    if (status_.ok() && next_ < batches_->count()) status_ = reason;
  }

 private:
  const std::shared_ptr<arrow::Schema> schema_;
  const int parts_;

  // Everything below is guarded by mutex_.
  mutable std::mutex mutex_;
  const std::unique_ptr<stream::ArrowFileBatches> batches_;
  int next_;
  Status status_;
};

}  // namespace

Result<TableFile> WaitForFile(TableFileRequest& request, const CallControl& control) {
  for (;;) {
    const auto woken = std::make_shared<Event>();
    const std::stop_callback on_stop(control.stop, [woken] { woken->Set(); });
    auto file = request.Poll([woken] { woken->Set(); });
    if (file.has_value()) return *std::move(file);
    if (control.stop.stop_requested()) {
      return MakeError(ErrorKind::kCancelled, "the caller cancelled the statement");
    }
    if (!control.deadline.has_value()) {
      woken->Wait();
    } else if (!woken->WaitUntil(*control.deadline)) {
      return MakeError(ErrorKind::kDeadlineExceeded, "the statement's time is over");
    }
  }
}

Result<RetainedResult> Retain(TableFile file) {
  ARROW_ASSIGN_OR_RAISE(const auto batches, stream::ArrowFileBatches::Open(file.content));
  ARROW_ASSIGN_OR_RAISE(const int64_t rows, batches->CountRows());
  return RetainedResult{.file = std::move(file), .schema = batches->schema(), .rows = rows};
}

Result<std::shared_ptr<engine::ResultStream>> OpenPart(const RetainedResult& result, int part,
                                                       int parts) {
  ARROW_ASSIGN_OR_RAISE(auto batches, stream::ArrowFileBatches::Open(result.file.content));
  return std::make_shared<PartOfFile>(std::move(batches), part, parts);
}

}  // namespace arrowport::service
