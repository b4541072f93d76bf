#include "client/batch_cutter.h"

#include <algorithm>
#include <cstdint>
#include <memory>

#include "base/batch_bytes.h"
#include "base/error.h"
#include "base/limits.h"

namespace arrowport::client {

Result<std::shared_ptr<arrow::RecordBatch>> BatchCutter::Next() {
  while (batch_ == nullptr || offset_ == batch_->num_rows()) {
    ARROW_RETURN_NOT_OK(batches_.ReadNext(&batch_));
    if (batch_ == nullptr) return nullptr;
    offset_ = 0;
    if (batch_->num_rows() > 0) piece_rows_ = RowGroupPart(*batch_, limits::kPutPieceBytes);
  }
  const int64_t rows = std::min(piece_rows_, batch_->num_rows() - offset_);
  auto piece = rows == batch_->num_rows() ? batch_ : batch_->Slice(offset_, rows);
  offset_ += rows;
  return piece;
}

}  // namespace arrowport::client
