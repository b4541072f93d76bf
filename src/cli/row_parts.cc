#include "cli/row_parts.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <utility>

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/error.h"

namespace arrowport::cli {

class RowParts::Part final : public arrow::RecordBatchReader {
 public:
  Part(RowParts& parts, int64_t rows) : parts_(parts), rows_left_(rows) {}

  [[nodiscard]] std::shared_ptr<arrow::Schema> schema() const override {
    return parts_.rows_->schema();
  }

  Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    batch->reset();
    if (rows_left_ == 0) return Status::OK();
    ARROW_RETURN_NOT_OK(parts_.Take(rows_left_).Value(batch));
    if (*batch != nullptr) rows_left_ -= (*batch)->num_rows();
    return Status::OK();
  }

 private:
  RowParts& parts_;
  int64_t rows_left_;
};

RowParts::RowParts(std::shared_ptr<arrow::RecordBatchReader> rows, int64_t part_rows_max,
                   std::stop_token stop)
    : rows_(std::move(rows)), part_rows_max_(part_rows_max), stop_(std::move(stop)) {}

RowParts::~RowParts() = default;

Result<int64_t> RowParts::Skip(int64_t rows) {
  int64_t skipped = 0;
  while (skipped < rows) {
    ARROW_ASSIGN_OR_RAISE(const auto batch, Take(rows - skipped));
    if (batch == nullptr) break;
    skipped += batch->num_rows();
  }
  return skipped;
}

Result<bool> RowParts::HasMore() {
  while (ahead_ == nullptr) {
    if (stop_.stop_requested()) return MakeError(ErrorKind::kCancelled, "interrupted");
    ARROW_RETURN_NOT_OK(rows_->ReadNext(&ahead_));
    if (ahead_ == nullptr) return false;
    if (ahead_->num_rows() == 0) ahead_.reset();
  }
  return true;
}

arrow::RecordBatchReader& RowParts::NextPart() {
  part_ = std::make_unique<Part>(*this, part_rows_max_);
  return *part_;
}

Result<std::shared_ptr<arrow::RecordBatch>> RowParts::Take(int64_t rows_max) {
  ARROW_ASSIGN_OR_RAISE(const bool has_more, HasMore());
  if (!has_more) return nullptr;
  const int64_t rows = std::min(rows_max, ahead_->num_rows());
  if (rows == ahead_->num_rows()) return std::exchange(ahead_, nullptr);
  auto taken = ahead_->Slice(0, rows);
  ahead_ = ahead_->Slice(rows);
  return taken;
}

}  // namespace arrowport::cli
