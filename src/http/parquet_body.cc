#include "http/parquet_body.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include <arrow/buffer.h>

#include "base/batch_bytes.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/upload_limits.h"
#include "http/exchange.h"
#include "http/put_form.h"
#include "http/socket.h"
#include "stream/parquet_rows.h"

namespace arrowport::http {
namespace {

// Written to disk at once. A body that has no more stays in memory.
constexpr int64_t kPieceBytes = kMiB;

}  // namespace

ParquetBody::ParquetBody(Exchange& exchange, const PutForm& form)
    : exchange_(exchange), bytes_(exchange, form.coding), spool_(exchange.spool_space()) {}

Awaitable<Result<std::shared_ptr<arrow::Schema>>> ParquetBody::ReadSchema() {
  const Status opened = co_await Open();
  if (!opened.ok()) co_return opened;
  co_return rows_->schema();
}

Awaitable<Result<std::shared_ptr<arrow::RecordBatch>>> ParquetBody::Next() {
  const auto read = [this] { return rows_->Next(); };
  Result<std::shared_ptr<arrow::RecordBatch>> batch = co_await exchange_.Blocking(read);
  if (!batch.ok() || *batch == nullptr) co_return batch;
  row_bytes_ += BytesOf(**batch);
  const Status bounded = CheckSize();
  if (!bounded.ok()) co_return bounded;
  co_return batch;
}

Awaitable<Status> ParquetBody::Open() {
  Result<std::shared_ptr<arrow::Buffer>> piece = co_await ReadPiece();
  if (!piece.ok()) co_return piece.status();
  if ((*piece)->size() == kPieceBytes) co_return co_await OpenOnDisk(*std::move(piece));
  const auto open = [this, &piece] {
    return stream::ParquetRows::Open(*std::move(piece), exchange_.options().ipc_message_bytes_max)
        .Value(&rows_);
  };
  co_return co_await exchange_.Aside(open);
}

Awaitable<Status> ParquetBody::OpenOnDisk(std::shared_ptr<arrow::Buffer> piece) {
  while (piece->size() > 0) {
    const auto keep = [this, &piece] { return spool_.Append(piece); };
    const Status kept = co_await exchange_.Blocking(keep);
    if (!kept.ok()) co_return kept;
    Result<std::shared_ptr<arrow::Buffer>> next = co_await ReadPiece();
    if (!next.ok()) co_return next.status();
    piece = *std::move(next);
  }
  const auto open = [this]() -> Status {
    ARROW_ASSIGN_OR_RAISE(auto file, spool_.Finish());
    return stream::ParquetRows::Open(std::move(file), exchange_.options().ipc_message_bytes_max)
        .Value(&rows_);
  };
  co_return co_await exchange_.Blocking(open);
}

// As many bytes as there are, up to a piece. The memory is used again by the next call.
Awaitable<Result<std::shared_ptr<arrow::Buffer>>> ParquetBody::ReadPiece() {
  if (space_ == nullptr) {
    auto space = arrow::AllocateBuffer(kPieceBytes);
    if (!space.ok()) co_return space.status();
    space_ = *std::move(space);
  }
  const std::span<uint8_t> space(space_->mutable_data(), size_t{kPieceBytes});
  size_t filled = 0;
  while (filled < space.size()) {
    const Result<size_t> bytes = co_await bytes_.ReadSome(space.subspan(filled));
    if (!bytes.ok()) co_return bytes.status();
    if (*bytes == 0) break;
    filled += *bytes;
  }
  co_return arrow::SliceBuffer(space_, 0, static_cast<int64_t>(filled));
}

Status ParquetBody::CheckSize() const {
  const int64_t ratio_max = exchange_.options().unpacked_ratio_max;
  if (ratio_max == 0 || row_bytes_ <= limits::kParquetRowBytesFree) return Status::OK();
  const int64_t body_bytes = std::max<int64_t>(exchange_.body().bytes_read(), 1);
  if (row_bytes_ / body_bytes < ratio_max) return Status::OK();
  return MakeError(ErrorKind::kTooLarge, "the rows of the Parquet file take more than " +
                                             std::to_string(ratio_max) +
                                             " times its size (unpacked_ratio_max)");
}

}  // namespace arrowport::http
