#include "engine/append.h"

#include <cstdint>
#include <memory>
#include <utility>

#include "base/bounded_queue.h"
#include "base/error.h"
#include "base/event.h"

namespace arrowport::engine {

Status Append::WriteBlocking(std::shared_ptr<arrow::RecordBatch> batch) {
  auto room = std::make_shared<Event>();
  switch (Write(std::move(batch), [room] { room->Set(); })) {
    case QueueState::kReady:
      return Status::OK();
    case QueueState::kWait:
      room->Wait();
      return Status::OK();
    case QueueState::kClosed:
      break;
  }
  auto rows = FinishBlocking();
  return rows.ok() ? MakeError(ErrorKind::kInternal, "the append ended early") : rows.status();
}

Result<int64_t> Append::FinishBlocking() {
  return WaitForAnswer<Result<int64_t>>([this](auto done) { Finish(std::move(done)); });
}

Result<int64_t> Append::WriteAll(arrow::RecordBatchReader& batches) {
  std::shared_ptr<arrow::RecordBatch> batch;
  for (;;) {
    const Status read = batches.ReadNext(&batch);
    if (!read.ok()) {
      Abort(read);
      return read;
    }
    if (batch == nullptr) return FinishBlocking();
    ARROW_RETURN_NOT_OK(WriteBlocking(std::move(batch)));
  }
}

}  // namespace arrowport::engine
