#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>

#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <duckdb.hpp>

#include "base/bounded_queue.h"
#include "base/error.h"
#include "engine/batch_source.h"
#include "engine/morsel_queue.h"
#include "engine/scannable.h"

namespace arrowport::engine {

/// Batches from outside on their way into a BatchSource: made fit for DuckDB's scan, and cut or
/// gathered into morsels. One thread at a time writes.
class MorselFeed : public std::enable_shared_from_this<MorselFeed> {
 public:
  enum class Gather {
    kRowGroups,  ///< A morsel is a row group, and very small batches wait for others: for inserts.
    kNothing,  ///< A batch is a morsel and passed on as it comes, so that its rows go back at once.
  };

  /// `bytes_max` bounds what waits in the source.
  MorselFeed(const std::shared_ptr<arrow::Schema>& schema, int64_t bytes_max, Gather gather);

  /// Of what the source has: `schema` in layouts that DuckDB can scan.
  [[nodiscard]] const std::shared_ptr<arrow::Schema>& schema() const { return scannable_.schema(); }
  [[nodiscard]] const duckdb::shared_ptr<BatchSource>& source() const { return source_; }

  /// Takes `batch`, which is valid in full. kWait: taken as well, and `wake` will be called when it
  /// is time for the next one. kClosed: nobody reads the source any more.
  Result<QueueState> Write(std::shared_ptr<arrow::RecordBatch> batch,
                           const std::function<void()>& wake);

  /// No more batches come: the source ends once all of them were taken.
  void End();

  /// Ends the source with `reason`, and drops what waits there.
  void Abort(const Status& reason) { source_->queue().Close(reason); }

 private:
  Status Take(std::shared_ptr<arrow::RecordBatch> batch);
  void Seal(bool last);
  QueueState Drain(const std::function<void()>& wake);
  void DrainThenClose();

  const Scannable scannable_;
  const duckdb::shared_ptr<BatchSource> source_;
  const Gather gather_;

  // Of the one writer at a time.
  int64_t batches_taken_ = 0;
  MorselQueue::Part part_;
  int64_t part_rows_ = 0;
  int64_t morsel_rows_ = 0;  // Of the morsel that part_ is of, with those that went before.
  int64_t morsel_bytes_ = 0;
  std::deque<MorselQueue::Part> sealed_;
};

}  // namespace arrowport::engine
