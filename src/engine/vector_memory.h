#pragma once

#include <cstdint>
#include <deque>
#include <mutex>

#include <arrow/record_batch.h>
#include <duckdb.hpp>

namespace arrowport::engine {

/// How wide the rows of a stream of batches are.
class VectorWidth {
 public:
  /// Adds the rows of `batch`. \return the most bytes that DuckDB's vectors have of 2,048 rows in a
  /// row, so far; up to twice as many where batches meet.
  int64_t Add(const arrow::RecordBatch& batch);

 private:
  struct Part {
    int64_t rows = 0;
    int64_t bytes = 0;
  };

  std::deque<Part> last_;  // No more than 2,048 rows need.
  int64_t rows_ = 0;
  int64_t bytes_ = 0;
  int64_t most_ = 0;
};

/// Memory that DuckDB takes beside its memory_limit while it lands wide rows. It has rows in
/// vectors of 2,048, and has such a vector up to four times: as it is written to the log, it is
/// read from the rows of the transaction, and put together in a buffer that doubles. So much is
/// reserved within the limit, for which DuckDB puts rows aside on disk. Safe to use from many
/// threads.
class VectorMemory {
 public:
  /// `instance` must outlive this.
  explicit VectorMemory(duckdb::DatabaseInstance& instance);
  ~VectorMemory();
  VectorMemory(const VectorMemory&) = delete;
  VectorMemory& operator=(const VectorMemory&) = delete;

  /// Reserves what vectors of `vector_bytes` need, until this is destroyed. May write to disk.
  /// Throws duckdb::OutOfMemoryException.
  void Cover(int64_t vector_bytes);

 private:
  duckdb::BufferManager& buffers_;

  // Guarded by mutex_.
  std::mutex mutex_;
  int64_t reserved_ = 0;
};

}  // namespace arrowport::engine
