#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>

#include <arrow/type.h>
#include <duckdb.hpp>
#include <duckdb/main/client_context_state.hpp>

#include "base/error.h"
#include "engine/column_fit.h"
#include "engine/morsel_queue.h"
#include "engine/vector_memory.h"

namespace arrowport::engine {

/// Batches that are still arriving, as a table that one connection can scan once:
///
///     INSERT INTO t BY NAME SELECT * FROM arrowport_batches()
///
/// The function reads the source that is attached to its connection, so no other connection can
/// reach it. Several workers scan at once, each a morsel, whose number is its place in the order; a
/// worker that finds nothing is parked by DuckDB's interrupt and holds no thread until something
/// arrives. (DuckDB's own arrow_scan would hold a worker for as long as a client is slow.)
class BatchSource final : public duckdb::ClientContextState {
 public:
  BatchSource(std::shared_ptr<arrow::Schema> schema, int64_t bytes_max);

  [[nodiscard]] const std::shared_ptr<arrow::Schema>& schema() const { return schema_; }
  [[nodiscard]] MorselQueue& queue() { return queue_; }

  /// Called by a worker that found nothing, before it is parked. Set before the first one.
  void set_on_park(std::function<void()> on_park) { on_park_ = std::move(on_park); }
  void TellOfParking() const {
    if (on_park_) on_park_();
  }

  /// Memory for the vectors of what is scanned; without one, nothing is reserved. Set before that.
  void set_vector_memory(const std::shared_ptr<VectorMemory>& memory) { vector_memory_ = memory; }
  [[nodiscard]] std::shared_ptr<VectorMemory> vector_memory() const {
    return vector_memory_.lock();
  }

  /// Whether this is the first scan of the source. Another one would find no rows, or take them.
  bool TakeForScan() { return !scanned_.exchange(true); }

  /// Makes `source` what arrowport_batches() reads on this connection.
  static void Attach(duckdb::ClientContext& context, duckdb::shared_ptr<BatchSource> source);

  /// Undoes that.
  static void Detach(duckdb::ClientContext& context);

  /// The source of this connection, or null.
  static duckdb::shared_ptr<BatchSource> Find(duckdb::ClientContext& context);

 private:
  const std::shared_ptr<arrow::Schema> schema_;
  MorselQueue queue_;
  std::function<void()> on_park_;
  std::weak_ptr<VectorMemory> vector_memory_;
  std::atomic<bool> scanned_ = false;
};

/// Adds the table function arrowport_batches() to `instance`.
void RegisterBatchSource(duckdb::DatabaseInstance& instance);

/// The columns that rows of `schema` have in DuckDB, or kUnsupportedMedia that names the first one
/// whose type has no mapping there.
Result<ColumnList> MapColumns(const arrow::Schema& schema, duckdb::ClientContext& context);

}  // namespace arrowport::engine
