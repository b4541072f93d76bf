#include "service/held_rows.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>

#include <arrow/record_batch.h>

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

std::shared_ptr<engine::ResultStream> OpenHeldRows(HeldRows rows) {
  return std::make_shared<HeldStream>(std::move(rows));
}

}  // namespace arrowport::service
