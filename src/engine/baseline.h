#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/error.h"
#include "engine/table.h"

namespace arrowport::engine {

/// DuckDB as a program uses it in its own process, by DuckDB's own ways in and out for Arrow. What
/// demos and benchmarks compare with; arrowport itself never takes this way. One thread at a time,
/// but for its lookups and writers.
class Baseline {
 public:
  /// Opens or creates `path` with DuckDB's default settings and `threads` threads (0: all cores).
  static Result<std::unique_ptr<Baseline>> Open(const std::string& path, int threads);

  virtual ~Baseline() = default;

  /// CREATE TABLE … AS SELECT * FROM arrow_scan(…): DuckDB's parallel scan of `batches`, committed.
  virtual Result<int64_t> Insert(const TableName& table,
                                 std::shared_ptr<arrow::RecordBatchReader> batches) = 0;

  struct Drained {
    int64_t rows = 0;
    int64_t bytes = 0;
  };

  /// Runs `sql` with a streaming result and turns it into Arrow batches, which are dropped.
  virtual Result<Drained> Drain(const std::string& sql) = 0;

  /// A statement with one parameter, on a connection of its own. One thread at a time for each.
  class Lookup {
   public:
    virtual ~Lookup() = default;

    /// Runs it with `key`, and turns its rows into Arrow as Drain does.
    virtual Result<Drained> Find(int64_t key) = 0;
  };

  enum class Plan {
    kNew,   ///< Each time, as for SQL and its parameter that a client sends.
    kKept,  ///< Prepared once.
  };

  /// The lookup must not outlive this. Safe to call from many threads.
  virtual Result<std::unique_ptr<Lookup>> NewLookup(const std::string& sql, Plan plan) = 0;

  /// The same rows for a table, again and again, on a connection of its own. One thread at a time
  /// for each.
  class Writer {
   public:
    virtual ~Writer() = default;

    /// Adds the rows in a transaction of their own, which is durable on return.
    virtual Status Write() = 0;
  };

  /// A writer of `batches` into `table`, which it makes when it is missing. It goes the way that is
  /// quickest for so many rows: one row is a prepared INSERT with values; some go through a DuckDB
  /// appender, and are DuckDB's own before the first Write; many are inserted from Arrow by
  /// DuckDB's parallel scan. It must not outlive this.
  virtual Result<std::unique_ptr<Writer>> NewWriter(
      const TableName& table, const std::shared_ptr<arrow::Schema>& schema,
      const std::vector<std::shared_ptr<arrow::RecordBatch>>& batches) = 0;
};

}  // namespace arrowport::engine
