#include "flight/result_sender.h"

#include <memory>
#include <utility>

#include <arrow/ipc/options.h>
#include <arrow/record_batch.h>

#include "base/error.h"
#include "engine/result_stream.h"
#include "flight/running_calls.h"
#include "observe/metrics.h"

namespace arrowport::flight {
namespace {

// Flight destroys it with the stream, before the call ends.
class ResultReader final : public arrow::RecordBatchReader {
 public:
  ResultReader(RunningCall& call, std::shared_ptr<engine::ResultStream> rows,
               observe::Metrics& metrics)
      : call_(call), rows_(std::move(rows)), metrics_(metrics) {}

  ~ResultReader() override {
    if (at_end_) return;
    // Flight calls a broken connection a success; this call was none.
    const Status lost = call_.SendFailure(kGoneInAResult);
    (void)call_.Answer(lost.ok() ? MakeError(ErrorKind::kCancelled, kGoneInAResult) : lost);
  }

  ResultReader(const ResultReader&) = delete;
  ResultReader& operator=(const ResultReader&) = delete;

  [[nodiscard]] std::shared_ptr<arrow::Schema> schema() const override { return rows_->schema(); }

  Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    call_.EndWaitingForClient();
    in_hand_.reset();
    ARROW_ASSIGN_OR_RAISE(in_hand_, Next());
    *batch = in_hand_;
    call_.BeginWaitingForClient();
    if (*batch != nullptr) metrics_.RowsSent((*batch)->num_rows());
    return Status::OK();
  }

 private:
  Result<std::shared_ptr<arrow::RecordBatch>> Next() {
    auto batch = rows_->Next([this] { call_.Flush(); });
    at_end_ = !batch.ok() || *batch == nullptr;
    if (!batch.ok()) return call_.Answer(batch.status());
    return batch;
  }

  RunningCall& call_;
  const std::shared_ptr<engine::ResultStream> rows_;
  observe::Metrics& metrics_;
  bool at_end_ = false;
  std::shared_ptr<arrow::RecordBatch> in_hand_;  // Until Flight has written it.
};

}  // namespace

std::unique_ptr<arrow::flight::FlightDataStream> MakeDataStream(
    RunningCall& call, std::shared_ptr<engine::ResultStream> rows, observe::Metrics& metrics,
    const arrow::ipc::IpcWriteOptions& options) {
  return std::make_unique<arrow::flight::RecordBatchStream>(
      std::make_shared<ResultReader>(call, std::move(rows), metrics), options);
}

}  // namespace arrowport::flight
