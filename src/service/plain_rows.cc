#include "service/plain_rows.h"

#include <functional>
#include <memory>
#include <mutex>
#include <utility>

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/bounded_queue.h"
#include "base/error.h"
#include "engine/result_stream.h"
#include "stream/plain_types.h"

namespace arrowport::service {
namespace {

class PlainRows final : public engine::ResultStream {
 public:
  PlainRows(std::shared_ptr<engine::ResultStream> rows, std::shared_ptr<arrow::Schema> schema)
      : rows_(std::move(rows)), schema_(std::move(schema)) {}

  [[nodiscard]] const std::shared_ptr<arrow::Schema>& schema() const override { return schema_; }
  [[nodiscard]] bool ordered() const override { return rows_->ordered(); }

  QueueState Poll(std::shared_ptr<arrow::RecordBatch>* batch, std::function<void()> wake) override {
    std::shared_ptr<arrow::RecordBatch> taken;
    const QueueState state = rows_->Poll(&taken, std::move(wake));
    if (state != QueueState::kReady) return state;
    auto plain = stream::ToPlain(*taken, schema_);
    if (plain.ok()) {
      *batch = *std::move(plain);
      return QueueState::kReady;
    }
    {
      const std::lock_guard lock(mutex_);
      failure_ = plain.status();
    }
    rows_->Cancel(plain.status());
    return QueueState::kClosed;
  }

  [[nodiscard]] Status status() const override {
    const std::lock_guard lock(mutex_);
    return failure_.ok() ? rows_->status() : failure_;
  }

  void Cancel(const Status& reason) override { rows_->Cancel(reason); }

 private:
  const std::shared_ptr<engine::ResultStream> rows_;
  const std::shared_ptr<arrow::Schema> schema_;

  mutable std::mutex mutex_;
  Status failure_;  // Guarded by mutex_.
};

}  // namespace

std::shared_ptr<engine::ResultStream> MakePlain(std::shared_ptr<engine::ResultStream> rows) {
  auto schema = stream::PlainSchema(rows->schema());
  if (schema->Equals(*rows->schema(), /*check_metadata=*/true)) return rows;
  return std::make_shared<PlainRows>(std::move(rows), std::move(schema));
}

}  // namespace arrowport::service
