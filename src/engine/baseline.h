#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <arrow/record_batch.h>

#include "base/error.h"
#include "engine/table.h"

namespace arrowport::engine {

/// DuckDB as a program uses it in its own process, by DuckDB's own ways in and out for Arrow. What
/// demos and benchmarks compare with; arrowport itself never takes this way. One thread at a time,
/// but for its lookups.
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
};

}  // namespace arrowport::engine
