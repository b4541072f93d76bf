#include "service/spilled_batches.h"

#include <memory>

#include <arrow/record_batch.h>

#include "base/error.h"

namespace arrowport::service {

Status SpilledBatches::Push(const std::shared_ptr<arrow::RecordBatch>& batch) {
  ARROW_RETURN_NOT_OK(space_->MakeDirectory());
  const Status pushed = queue_.Push(batch);
  Count();
  return pushed;
}

Result<std::shared_ptr<arrow::RecordBatch>> SpilledBatches::Pop() {
  auto batch = queue_.Pop();
  Count();
  return batch;
}

void SpilledBatches::Clear() {
  queue_.Clear();
  Count();
}

void SpilledBatches::Count() {
  space_->Add(queue_.bytes_held() - counted_);
  counted_ = queue_.bytes_held();
}

}  // namespace arrowport::service
