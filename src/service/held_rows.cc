#include "service/held_rows.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>

#include <arrow/device.h>
#include <arrow/record_batch.h>
#include <arrow/util/byte_size.h>

#include "base/bounded_queue.h"
#include "base/error.h"
#include "engine/result_stream.h"

namespace arrowport::service {
namespace {

class HeldStream final : public engine::ResultStream {
 public:
  explicit HeldStream(HeldRows rows) : rows_(std::move(rows)) {}

  [[nodiscard]] const std::shared_ptr<arrow::Schema>& schema() const override {
    return rows_.schema;
  }
  [[nodiscard]] bool ordered() const override { return true; }

  QueueState Poll(std::shared_ptr<arrow::RecordBatch>* batch,
                  std::function<void()> /*wake*/) override {
    const std::lock_guard lock(mutex_);
    if (!status_.ok() || next_ == rows_.batches.size()) return QueueState::kClosed;
    *batch = rows_.batches[next_++];
    return QueueState::kReady;
  }

  [[nodiscard]] Status status() const override {
    const std::lock_guard lock(mutex_);
    return status_;
  }

  void Cancel(const Status& reason) override {
    const std::lock_guard lock(mutex_);
    if (status_.ok() && next_ < rows_.batches.size()) status_ = reason;
  }

 private:
  const HeldRows rows_;

  // Everything below is guarded by mutex_.
  mutable std::mutex mutex_;
  size_t next_ = 0;
  Status status_;
};

}  // namespace

Result<HeldRows> TakeAll(engine::ResultStream& rows) {
  HeldRows held{.schema = rows.schema(), .batches = {}};
  for (;;) {
    ARROW_ASSIGN_OR_RAISE(auto batch, rows.Next());
    if (batch == nullptr) return held;
    held.batches.push_back(std::move(batch));
  }
}

Result<FirstRows> TakeFirst(engine::ResultStream& rows, int64_t bytes_max) {
  FirstRows first;
  first.rows.schema = rows.schema();
  while (first.bytes <= bytes_max) {
    ARROW_ASSIGN_OR_RAISE(auto batch, rows.Next());
    first.are_all = batch == nullptr;
    if (first.are_all) break;
    ARROW_ASSIGN_OR_RAISE(batch, batch->CopyTo(arrow::default_cpu_memory_manager()));
    first.bytes += arrow::util::TotalBufferSize(*batch);
    first.rows.batches.push_back(std::move(batch));
  }
  return first;
}

std::shared_ptr<engine::ResultStream> OpenHeldRows(HeldRows rows) {
  return std::make_shared<HeldStream>(std::move(rows));
}

std::shared_ptr<engine::ResultStream> OpenHeldRows(const HeldRows& rows, int part, int parts) {
  HeldRows of_part{.schema = rows.schema, .batches = {}};
  for (auto i = static_cast<size_t>(part); i < rows.batches.size();
       i += static_cast<size_t>(parts)) {
    of_part.batches.push_back(rows.batches[i]);
  }
  return OpenHeldRows(std::move(of_part));
}

}  // namespace arrowport::service
