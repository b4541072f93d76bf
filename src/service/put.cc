#include "service/put.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include <arrow/record_batch.h>

#include "base/bounded_queue.h"
#include "base/error.h"
#include "base/event.h"

namespace arrowport::service {

Status OpenBlocking(Put& put, std::optional<int64_t> bytes_expected) {
  for (;;) {
    auto room = std::make_shared<Event>();
    switch (put.Open(bytes_expected, [room] { room->Set(); })) {
      case QueueState::kReady:
        return Status::OK();
      case QueueState::kWait:
        room->Wait();
        continue;
      case QueueState::kClosed:
        return FinishBlocking(put).status();
    }
  }
}

Status WriteBlocking(Put& put, std::shared_ptr<arrow::RecordBatch> batch) {
  auto room = std::make_shared<Event>();
  switch (put.Write(std::move(batch), [room] { room->Set(); })) {
    case QueueState::kReady:
      return Status::OK();
    case QueueState::kWait:
      room->Wait();
      return Status::OK();
    case QueueState::kClosed:
      break;
  }
  auto summary = FinishBlocking(put);
  return summary.ok() ? MakeError(ErrorKind::kInternal, "the put ended early") : summary.status();
}

Result<PutSummary> FinishBlocking(Put& put) {
  return WaitForAnswer<Result<PutSummary>>([&put](auto done) { put.Finish(std::move(done)); });
}

}  // namespace arrowport::service
