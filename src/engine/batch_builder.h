#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <duckdb.hpp>

#include "engine/column_builder.h"

namespace arrowport::engine {

/// Builds Arrow batches of one schema, one after another, from parts of chunks. One thread at a
/// time. Throws what DuckDB throws.
class BatchBuilder {
 public:
  /// All references must outlive the builder.
  BatchBuilder(const duckdb::vector<duckdb::LogicalType>& types,
               const std::shared_ptr<arrow::Schema>& schema, duckdb::ClientContext& context);

  /// Begins a batch that is to hold about `bytes`. None may be open.
  void Start(int64_t bytes);

  /// Takes rows of `chunk` from `from` as long as the batch stays under the bytes that it was begun
  /// with; at least one row into an empty batch. \return rows taken.
  duckdb::idx_t Append(duckdb::DataChunk& chunk, duckdb::idx_t from);

  [[nodiscard]] bool is_open() const { return !columns_.empty(); }
  [[nodiscard]] int64_t rows() const { return static_cast<int64_t>(rows_); }
  [[nodiscard]] int64_t bytes() const { return bytes_; }

  /// Ends the batch. `bytes_held` is the memory that it holds.
  std::shared_ptr<arrow::RecordBatch> Finish(int64_t* bytes_held);

 private:
  struct Fit {
    duckdb::idx_t rows;
    int64_t bytes;
  };
  [[nodiscard]] Fit FitRows(duckdb::idx_t from, duckdb::idx_t size) const;
  [[nodiscard]] int64_t BytesOf(duckdb::idx_t from, duckdb::idx_t to) const;

  // Constant after construction.
  const duckdb::vector<duckdb::LogicalType>& types_;
  const std::shared_ptr<arrow::Schema>& schema_;
  duckdb::ClientContext& context_;
  int64_t fixed_bytes_ = 0;                    // Of one row.
  std::vector<duckdb::idx_t> string_columns_;  // Of varying width.

  // What the last batch needed is what the next one makes room for.
  std::vector<ColumnSize> expected_;

  // Of the open batch.
  std::vector<std::unique_ptr<ColumnBuilder>> columns_;
  std::vector<duckdb::UnifiedVectorFormat> formats_;  // Of the chunk that is being appended.
  int64_t bytes_aim_ = 0;
  int64_t bytes_ = 0;
  duckdb::idx_t rows_ = 0;
};

}  // namespace arrowport::engine
