#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <arrow/record_batch.h>

#include "base/error.h"
#include "engine/table.h"

namespace arrowport::engine {

/// DuckDB as a program uses it in its own process, by DuckDB's own ways in and out for Arrow. What
/// demos and benchmarks compare with; arrowport itself never takes this way. One thread at a time.
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
};

}  // namespace arrowport::engine
