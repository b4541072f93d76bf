#include "engine/morsel_feed.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
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

void MorselFeed::OnFailure(std::function<void(const Status&)> on_failure) {
  on_failure_ = std::move(on_failure);
}

Result<QueueState> MorselFeed::Write(std::shared_ptr<arrow::RecordBatch> batch,
                                     const std::function<void()>& wake) {
  const std::lock_guard lock(mutex_);
  Piece piece{.rows = nullptr, .batch = batches_taken_++};
  if (batch->num_rows() > 0) {
    for (auto& part : scannable_.Cut(batch, kPartBytes)) {
      piece.rows = std::move(part);
      pieces_.push_back(piece);
      piece.first_row += piece.rows->num_rows();
    }
    pieces_.back().ends_batch = true;
  }
  wake_ = wake;
  return is_waiting_ ? QueueState::kWait : DrainLocked();
}

void MorselFeed::End() {
  Result<QueueState> drained = QueueState::kWait;
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    wake_ = nullptr;
    if (!is_waiting_) drained = DrainLocked();
  }
  if (!drained.ok()) Fail(drained.status());
}

void MorselFeed::Abort(const Status& reason) {
  source_->queue().Close(reason);
  const std::lock_guard lock(mutex_);
  pieces_.clear();
  sealed_.clear();
}

void MorselFeed::Fail(const Status& status) {
  if (on_failure_ != nullptr) on_failure_(status);
  Abort(status);
}

// Hands parts over while there is room.
Result<QueueState> MorselFeed::DrainLocked() {
  for (;;) {
    ARROW_ASSIGN_OR_RAISE(const bool has_part, SealNextLocked());
    if (!has_part) {
      if (ended_) source_->queue().Close(Status::OK());
      return QueueState::kReady;
    }
    const QueueState state =
        source_->queue().Push(sealed_.front(), [self = shared_from_this()] { self->GoOn(); });
    is_waiting_ = state == QueueState::kWait;
    if (state != QueueState::kReady) return state;
    sealed_.pop_front();
  }
}

// There is room again.
void MorselFeed::GoOn() {
  std::function<void()> wake;
  Status failure;
  {
    const std::lock_guard lock(mutex_);
    is_waiting_ = false;
    const auto drained = DrainLocked();
    failure = drained.status();
    if (drained.ok() && *drained == QueueState::kWait) return;
    std::swap(wake, wake_);
  }
  if (!failure.ok()) Fail(failure);
  if (wake != nullptr) wake();
}

/// \return whether there is a part to hand over.
Result<bool> MorselFeed::SealNextLocked() {
  while (sealed_.empty() && !pieces_.empty()) {
    const Piece piece = std::move(pieces_.front());
    pieces_.pop_front();
    ARROW_ASSIGN_OR_RAISE(auto rows, scannable_.Convert(piece.rows, piece.batch, piece.first_row));
    ARROW_RETURN_NOT_OK(AddLocked(std::move(rows)));
    if (gather_ == Gather::kNothing && piece.ends_batch && morsel_rows_ > 0) SealLocked(true);
  }
  if (sealed_.empty() && ended_ && morsel_rows_ > 0) SealLocked(true);
  return !sealed_.empty();
}

Status MorselFeed::AddLocked(std::shared_ptr<arrow::RecordBatch> rows) {
  const int64_t rows_max = RowGroupPart(*rows, limits::kMorselBytes);
  for (int64_t offset = 0; offset < rows->num_rows();) {
    if (morsel_rows_ >= rows_max) SealLocked(true);
    const int64_t count = std::min(rows->num_rows() - offset, rows_max - morsel_rows_);
    auto piece = rows;
    if (count != rows->num_rows()) {
      ARROW_ASSIGN_OR_RAISE(piece, Scannable::Slice(*rows, offset, count));
    }
    offset += count;
    const int64_t bytes = BytesOf(*piece);
    part_.batches.push_back(std::move(piece));
    part_.bytes += bytes;
    part_rows_ += count;
    morsel_bytes_ += bytes;
    morsel_rows_ += count;
    if (morsel_rows_ == rows_max || morsel_bytes_ >= kUnevenBytes) {
      SealLocked(true);
    } else if (part_rows_ >= kPartRows || part_.bytes >= kPartBytes) {
      SealLocked(false);
    }
  }
  return Status::OK();
}

// Of a morsel whose rows have all gone before, the last part is empty.
void MorselFeed::SealLocked(bool last) {
  part_.last = last;
  sealed_.push_back(std::exchange(part_, {}));
  part_rows_ = 0;
  if (!last) return;
  morsel_rows_ = 0;
  morsel_bytes_ = 0;
}

}  // namespace arrowport::engine
