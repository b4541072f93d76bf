#include "engine/result_stream.h"

#include <memory>
#include <utility>

#include "base/bounded_queue.h"
#include "base/error.h"
#include "base/event.h"

namespace arrowport::engine {
namespace {

class StreamReader final : public arrow::RecordBatchReader {
 public:
  explicit StreamReader(std::shared_ptr<ResultStream> stream) : stream_(std::move(stream)) {}

  [[nodiscard]] std::shared_ptr<arrow::Schema> schema() const override { return stream_->schema(); }

  Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    return stream_->Next().Value(batch);
  }

 private:
  const std::shared_ptr<ResultStream> stream_;
};

}  // namespace

Result<std::shared_ptr<arrow::RecordBatch>> ResultStream::Next(
    const std::function<void()>& before_waiting) {
  std::shared_ptr<arrow::RecordBatch> batch;
  for (;;) {
    auto ready = std::make_shared<Event>();
    switch (Poll(&batch, [ready] { ready->Set(); })) {
      case QueueState::kReady:
        return batch;
      case QueueState::kWait:
        if (before_waiting) before_waiting();
        ready->Wait();
        break;
      case QueueState::kClosed:
        ARROW_RETURN_NOT_OK(status());
        return nullptr;
    }
  }
}

std::shared_ptr<arrow::RecordBatchReader> ToReader(std::shared_ptr<ResultStream> stream) {
  return std::make_shared<StreamReader>(std::move(stream));
}

}  // namespace arrowport::engine
