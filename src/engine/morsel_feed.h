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
#include "engine/scannable.h"

namespace arrowport::engine {

/// Batches from outside on their way into a BatchSource: made fit for DuckDB's scan, and cut into
/// morsels. One thread at a time writes.
class MorselFeed : public std::enable_shared_from_this<MorselFeed> {
 public:
  enum class Gather {
    kRowGroups,  ///< Small batches wait for others until a row group is full: what inserts want.
    kNothing,    ///< A batch is passed on as it comes, so that its results can go back at once.
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
  void Abort(const Status& reason) { source_->morsels().Close(reason); }

 private:
  struct Sealed {
    Morsel morsel;
    int64_t bytes;
  };

  Status Take(std::shared_ptr<arrow::RecordBatch> batch);
  void Seal();
  QueueState Drain(const std::function<void()>& wake);
  void DrainThenClose();

  const Scannable scannable_;
  const duckdb::shared_ptr<BatchSource> source_;
  const Gather gather_;

  // Of the one writer at a time.
  Morsel morsel_;
  int64_t rows_ = 0;
  int64_t bytes_ = 0;
  std::deque<Sealed> sealed_;
};

}  // namespace arrowport::engine
