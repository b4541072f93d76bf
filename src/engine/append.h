#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include <arrow/record_batch.h>

#include "base/bounded_queue.h"
#include "base/error.h"
#include "engine/landing.h"
#include "engine/table_rows.h"

namespace arrowport::engine {

struct AppendOptions {
  /// Asked when all rows are in and before they are committed: what lands in the same transaction.
  std::function<std::vector<TableRows>()> also = nullptr;
  /// How rows land; null: they are appended, and make the table where there is none.
  std::shared_ptr<const Landing> landing = nullptr;
};

/// Batches on their way into one table, in one transaction.
///
/// The insert runs on DuckDB's threads while batches are still arriving; when none are there it is
/// parked and holds no thread. Write and Finish belong to one thread at a time. Destroying an
/// append that was not finished rolls everything back.
class Append {
 public:
  virtual ~Append() = default;

  /// Hands over `batch`, which must have the schema that the append was begun with and be valid in
  /// full. kReady: taken. kWait: the queue is full; `batch` was taken as well, but `wake` will be
  /// called when it is time for the next one. kClosed: the append has failed; see Finish().
  virtual QueueState Write(std::shared_ptr<arrow::RecordBatch> batch,
                           std::function<void()> wake) = 0;

  /// Says that no more batches come. `done` is called once, from any thread, when the transaction
  /// is committed (durably: the write-ahead log is on disk) or rolled back; rows written, or why
  /// nothing was.
  virtual void Finish(std::function<void(Result<int64_t> rows)> done) = 0;

  /// Rolls back with `reason`, which a later Finish answers, and frees what the append holds
  /// before returning.
  virtual void Abort(const Status& reason) = 0;

  /// Drains `batches` and finishes, blocking.
  Result<int64_t> WriteAll(arrow::RecordBatchReader& batches);

  /// Write, blocking while the queue is full.
  Status WriteBlocking(std::shared_ptr<arrow::RecordBatch> batch);

  /// Finish, blocking until the transaction is over.
  Result<int64_t> FinishBlocking();
};

}  // namespace arrowport::engine
