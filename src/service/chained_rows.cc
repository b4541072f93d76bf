#include "service/chained_rows.h"

#include <functional>
#include <memory>
#include <mutex>
#include <utility>

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/bounded_queue.h"
#include "base/error.h"
#include "engine/result_stream.h"

namespace arrowport::service {
namespace {

class ChainedRows final : public engine::ResultStream {
 public:
  ChainedRows(std::shared_ptr<engine::ResultStream> first, NextRows next)
      : schema_(first->schema()), next_(std::move(next)), rows_(std::move(first)) {}

  [[nodiscard]] const std::shared_ptr<arrow::Schema>& schema() const override { return schema_; }
  [[nodiscard]] bool ordered() const override { return true; }

  QueueState Poll(std::shared_ptr<arrow::RecordBatch>* batch, std::function<void()> wake) override {
    const std::lock_guard lock(mutex_);
    while (rows_ != nullptr) {
      const QueueState state = rows_->Poll(batch, wake);
      if (state != QueueState::kClosed) return state;
      status_ = rows_->status();
      rows_ = nullptr;
      if (status_.ok()) status_ = StartNextLocked();
    }
    return QueueState::kClosed;
  }

  [[nodiscard]] Status status() const override {
    const std::lock_guard lock(mutex_);
    return status_;
  }

  void Cancel(const Status& reason) override {
    const std::lock_guard lock(mutex_);
    if (rows_ == nullptr) return;
    rows_->Cancel(reason);
    rows_ = nullptr;
    status_ = reason;
  }

 private:
  Status StartNextLocked() {
    ARROW_ASSIGN_OR_RAISE(auto rows, next_());
    if (rows != nullptr && !rows->schema()->Equals(*schema_, /*check_metadata=*/false)) {
      return MakeError(ErrorKind::kInvalidInput,
                       "the columns of the result depend on the parameters, of which there are "
                       "several rows: " +
                           rows->schema()->ToString() + " and " + schema_->ToString());
    }
    rows_ = std::move(rows);
    return Status::OK();
  }

  const std::shared_ptr<arrow::Schema> schema_;
  const NextRows next_;

  // Everything below is guarded by mutex_.
  mutable std::mutex mutex_;
  std::shared_ptr<engine::ResultStream> rows_;  // Null: the end.
  Status status_;
};

}  // namespace

Result<std::shared_ptr<engine::ResultStream>> ChainRows(NextRows next) {
  ARROW_ASSIGN_OR_RAISE(auto first, next());
  return std::make_shared<ChainedRows>(std::move(first), std::move(next));
}

}  // namespace arrowport::service
