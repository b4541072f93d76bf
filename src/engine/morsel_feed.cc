#include "engine/morsel_feed.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include "base/batch_bytes.h"
#include "base/bounded_queue.h"
#include "base/error.h"
#include "base/limits.h"
#include "engine/batch_source.h"
#include "engine/morsel_queue.h"

namespace arrowport::engine {
namespace {

// A part of a morsel is handed over when it has so much: enough to wake a worker for.
constexpr int64_t kPartRows = int64_t{8} * STANDARD_VECTOR_SIZE;
constexpr int64_t kPartBytes = 2 * kMiB;

// A morsel whose rows became wider than they promised to be is done before it has all of them.
constexpr int64_t kUnevenBytes = 2 * limits::kMorselBytes;

}  // namespace

MorselFeed::MorselFeed(const std::shared_ptr<arrow::Schema>& schema, int64_t bytes_max,
                       Gather gather)
    : scannable_(schema),
      source_(duckdb::make_shared_ptr<BatchSource>(scannable_.schema(), bytes_max)),
      gather_(gather) {}

Result<QueueState> MorselFeed::Write(std::shared_ptr<arrow::RecordBatch> batch,
                                     const std::function<void()>& wake) {
  ARROW_RETURN_NOT_OK(Take(std::move(batch)));
  if (gather_ == Gather::kNothing && morsel_rows_ > 0) Seal(true);
  return Drain(wake);
}

void MorselFeed::End() {
  if (morsel_rows_ > 0) Seal(true);
  DrainThenClose();
}

Status MorselFeed::Take(std::shared_ptr<arrow::RecordBatch> batch) {
  const int64_t index = batches_taken_++;
  if (batch->num_rows() == 0) return Status::OK();
  ARROW_ASSIGN_OR_RAISE(batch, scannable_.Convert(std::move(batch), index));
  const int64_t rows_max = RowGroupPart(*batch, limits::kMorselBytes);
  for (int64_t offset = 0; offset < batch->num_rows();) {
    if (morsel_rows_ >= rows_max) Seal(true);
    const int64_t rows = std::min(batch->num_rows() - offset, rows_max - morsel_rows_);
    auto piece = batch;
    if (rows != batch->num_rows()) {
      ARROW_ASSIGN_OR_RAISE(piece, Scannable::Slice(*batch, offset, rows));
    }
    offset += rows;
    const int64_t bytes = BytesOf(*piece);
    part_.batches.push_back(std::move(piece));
    part_.bytes += bytes;
    part_rows_ += rows;
    morsel_bytes_ += bytes;
    morsel_rows_ += rows;
    if (morsel_rows_ == rows_max || morsel_bytes_ >= kUnevenBytes) {
      Seal(true);
    } else if (part_rows_ >= kPartRows || part_.bytes >= kPartBytes) {
      Seal(false);
    }
  }
  return Status::OK();
}

// Of a morsel whose rows have all gone before, the last part is empty.
void MorselFeed::Seal(bool last) {
  part_.last = last;
  sealed_.push_back(std::exchange(part_, {}));
  part_rows_ = 0;
  if (!last) return;
  morsel_rows_ = 0;
  morsel_bytes_ = 0;
}

// Hands sealed parts over while there is room. A large batch seals several at once.
QueueState MorselFeed::Drain(const std::function<void()>& wake) {
  while (!sealed_.empty()) {
    const QueueState state = source_->queue().Push(sealed_.front(), wake);
    if (state != QueueState::kReady) return state;
    sealed_.pop_front();
  }
  return QueueState::kReady;
}

void MorselFeed::DrainThenClose() {
  const QueueState state = Drain([self = shared_from_this()] { self->DrainThenClose(); });
  if (state == QueueState::kReady) source_->queue().Close(Status::OK());
}

}  // namespace arrowport::engine
