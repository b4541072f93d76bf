#include "client/merged_reader.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include <arrow/record_batch.h>

#include "base/batch_bytes.h"
#include "base/bounded_queue.h"
#include "base/error.h"
#include "base/event.h"

namespace arrowport::client {
namespace {

using BatchPtr = std::shared_ptr<arrow::RecordBatch>;
using ReaderPtr = std::shared_ptr<arrow::RecordBatchReader>;

class MergedReader final : public arrow::RecordBatchReader {
 public:
  MergedReader(std::vector<ReaderPtr> readers, std::function<void()> cancel)
      : readers_(std::move(readers)), cancel_(std::move(cancel)), running_(readers_.size()) {
    for (const ReaderPtr& reader : readers_) {
      threads_.emplace_back([this, reader = reader.get()] { Read(*reader); });
    }
  }

  ~MergedReader() override {
    End(MakeError(ErrorKind::kCancelled, "the rows were not read to their end"));
  }

  MergedReader(const MergedReader&) = delete;
  MergedReader& operator=(const MergedReader&) = delete;

  [[nodiscard]] std::shared_ptr<arrow::Schema> schema() const override {
    return readers_.front()->schema();
  }

  Status ReadNext(BatchPtr* batch) override {
    std::optional<BatchPtr> next;
    for (;;) {
      const auto ready = std::make_shared<Event>();
      switch (queue_.Pop(&next, [ready] { ready->Set(); })) {
        case QueueState::kReady:
          *batch = std::move(next).value_or(nullptr);
          return Status::OK();
        case QueueState::kWait:
          ready->Wait();
          break;
        case QueueState::kClosed:
          batch->reset();
          return queue_.status();
      }
    }
  }

 private:
  void Read(arrow::RecordBatchReader& reader) {
    for (;;) {
      BatchPtr batch;
      const Status read = reader.ReadNext(&batch);
      if (!read.ok()) return End(read);
      if (batch == nullptr) break;
      if (!Push(std::move(batch))) return;
    }
    if (--running_ == 0) queue_.Close(Status::OK());
  }

  // False when nobody wants more.
  bool Push(BatchPtr batch) {
    const int64_t bytes = BytesOf(*batch);
    for (;;) {
      const auto room = std::make_shared<Event>();
      switch (queue_.Push(batch, bytes, [room] { room->Set(); })) {
        case QueueState::kReady:
          return true;
        case QueueState::kWait:
          room->Wait();
          break;
        case QueueState::kClosed:
          return false;
      }
    }
  }

  // The first reason counts; at the true end there is nothing left to cancel.
  void End(const Status& reason) {
    queue_.Close(reason);
    if (!queue_.status().ok()) cancel_();
  }

  const std::vector<ReaderPtr> readers_;
  const std::function<void()> cancel_;
  BoundedQueue<BatchPtr> queue_{kMergedBytesMax};
  std::atomic<size_t> running_;

  // They use all of the above, and end before it does.
  std::vector<std::jthread> threads_;
};

}  // namespace

std::shared_ptr<arrow::RecordBatchReader> MergeReaders(std::vector<ReaderPtr> readers,
                                                       std::function<void()> cancel) {
  return std::make_shared<MergedReader>(std::move(readers), std::move(cancel));
}

}  // namespace arrowport::client
