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

namespace arrowport::engine {

MorselFeed::MorselFeed(const std::shared_ptr<arrow::Schema>& schema, int64_t bytes_max,
                       Gather gather)
    : scannable_(schema),
      source_(duckdb::make_shared_ptr<BatchSource>(scannable_.schema(), bytes_max)),
      gather_(gather) {}

Result<QueueState> MorselFeed::Write(std::shared_ptr<arrow::RecordBatch> batch,
                                     const std::function<void()>& wake) {
  ARROW_RETURN_NOT_OK(Take(std::move(batch)));
  if (gather_ == Gather::kNothing && !morsel_.empty()) Seal();
  return Drain(wake);
}

void MorselFeed::End() {
  if (!morsel_.empty()) Seal();
  DrainThenClose();
}

Status MorselFeed::Take(std::shared_ptr<arrow::RecordBatch> batch) {
  ARROW_ASSIGN_OR_RAISE(batch, scannable_.Convert(std::move(batch)));
  for (int64_t offset = 0; offset < batch->num_rows();) {
    const int64_t rows = std::min(batch->num_rows() - offset, limits::kMorselRows - rows_);
    auto part = batch;
    if (rows != batch->num_rows()) {
      ARROW_ASSIGN_OR_RAISE(part, Scannable::Slice(*batch, offset, rows));
    }
    offset += rows;
    rows_ += rows;
    bytes_ += BytesOf(*part);
    morsel_.push_back(std::move(part));
    if (rows_ >= limits::kMorselRows || bytes_ >= limits::kMorselBytes) Seal();
  }
  return Status::OK();
}

void MorselFeed::Seal() {
  sealed_.push_back({std::move(morsel_), bytes_});
  morsel_ = {};
  rows_ = 0;
  bytes_ = 0;
}

// Hands sealed morsels over while there is room. A large batch seals several at once.
QueueState MorselFeed::Drain(const std::function<void()>& wake) {
  while (!sealed_.empty()) {
    Sealed& next = sealed_.front();
    const QueueState state = source_->morsels().Push(next.morsel, next.bytes, wake);
    if (state != QueueState::kReady) return state;
    sealed_.pop_front();
  }
  return QueueState::kReady;
}

void MorselFeed::DrainThenClose() {
  const QueueState state = Drain([self = shared_from_this()] { self->DrainThenClose(); });
  if (state == QueueState::kReady) source_->morsels().Close(Status::OK());
}

}  // namespace arrowport::engine
