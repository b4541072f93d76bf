#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>

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
/// gathered into morsels. A batch is written out in parts, each when the source has room for it, by
/// the writer's thread or the worker's that made the room.
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

  /// Told, once, what is wrong with a batch when nobody waits for it in Write, before the source
  /// ends with that reason. To be set before the first Write.
  void OnFailure(std::function<void(const Status&)> on_failure);

  /// Takes `batch`, which is valid in full. kWait: taken as well, and `wake` will be called when
  /// all of it is on its way, which is the time for the next one. kClosed: nobody reads the source
  /// any more. Fails as Scannable::Convert.
  Result<QueueState> Write(std::shared_ptr<arrow::RecordBatch> batch,
                           const std::function<void()>& wake);

  /// No more batches come: the source ends once all of them were taken.
  void End();

  /// Ends the source with `reason`, and drops what waits there.
  void Abort(const Status& reason);

 private:
  /// Of a batch that was taken.
  struct Piece {
    std::shared_ptr<arrow::RecordBatch> rows;
    int64_t batch = 0;
    int64_t first_row = 0;
    bool ends_batch = false;
  };

  // Need mutex_.
  Result<QueueState> DrainLocked();
  Result<bool> SealNextLocked();
  Status AddLocked(std::shared_ptr<arrow::RecordBatch> rows);
  void SealLocked(bool last);

  void GoOn();
  void Fail(const Status& status);

  const Scannable scannable_;
  const duckdb::shared_ptr<BatchSource> source_;
  const Gather gather_;

  std::function<void(const Status&)> on_failure_;

  // Everything below is guarded by mutex_.
  std::mutex mutex_;
  std::function<void()> wake_;
  bool is_waiting_ = false;  // For room in the source, which calls GoOn.
  bool ended_ = false;
  int64_t batches_taken_ = 0;
  std::deque<Piece> pieces_;
  MorselQueue::Part part_;
  int64_t part_rows_ = 0;
  int64_t morsel_rows_ = 0;  // Of the morsel that part_ is of, with those that went before.
  int64_t morsel_bytes_ = 0;
  std::deque<MorselQueue::Part> sealed_;
};

}  // namespace arrowport::engine
