#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <duckdb.hpp>
#include <duckdb/main/client_context_state.hpp>

#include "base/bounded_queue.h"
#include "base/error.h"
#include "engine/column_fit.h"

namespace arrowport::engine {

/// A unit of insert work: consecutive batches of together about one row group, which one worker
/// takes at once.
using Morsel = std::vector<std::shared_ptr<arrow::RecordBatch>>;

/// Batches that are still arriving, as a table that one connection can scan once:
///
///     INSERT INTO t BY NAME SELECT * FROM arrowport_batches()
///
/// The function reads the source that is attached to its connection, so no other connection can
/// reach it. Several workers scan at once, in the order of the morsels; a worker that finds none is
/// parked by DuckDB's interrupt and holds no thread until one arrives. (DuckDB's own arrow_scan
/// would hold a worker for as long as a client is slow.)
class BatchSource final : public duckdb::ClientContextState {
 public:
  BatchSource(std::shared_ptr<arrow::Schema> schema, int64_t bytes_max);

  [[nodiscard]] const std::shared_ptr<arrow::Schema>& schema() const { return schema_; }
  [[nodiscard]] BoundedQueue<Morsel>& morsels() { return morsels_; }

  /// The next morsel with its place in the order, counted from 0. As BoundedQueue::Pop.
  QueueState Next(Morsel* morsel, uint64_t* index, std::function<void()> wake);

  /// Called by a worker that found no morsel, before it is parked. Set before the first one.
  void set_on_park(std::function<void()> on_park) { on_park_ = std::move(on_park); }
  void TellOfParking() const {
    if (on_park_) on_park_();
  }

  /// Whether this is the first scan of the source. Another one would find no rows, or take them.
  bool TakeForScan() { return !scanned_.exchange(true); }

  /// Makes `source` what arrowport_batches() reads on this connection.
  static void Attach(duckdb::ClientContext& context, duckdb::shared_ptr<BatchSource> source);

  /// The source of this connection, or null.
  static duckdb::shared_ptr<BatchSource> Find(duckdb::ClientContext& context);

 private:
  const std::shared_ptr<arrow::Schema> schema_;
  BoundedQueue<Morsel> morsels_;
  std::function<void()> on_park_;
  std::atomic<bool> scanned_ = false;

  // Makes taking a morsel and numbering it one step. Guards next_index_.
  std::mutex order_mutex_;
  uint64_t next_index_ = 0;
};

/// Adds the table function arrowport_batches() to `instance`.
void RegisterBatchSource(duckdb::DatabaseInstance& instance);

/// The columns that rows of `schema` have in DuckDB, or kUnsupportedMedia that names the first one
/// whose type has no mapping there.
Result<ColumnList> MapColumns(const arrow::Schema& schema, duckdb::ClientContext& context);

}  // namespace arrowport::engine
