#pragma once

#include <cstdint>
#include <memory>

#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <duckdb.hpp>
#include <duckdb/function/table/arrow.hpp>

namespace arrowport::engine {

/// How the columns of Arrow batches become DuckDB's. Immutable once made.
struct BatchMapping {
  duckdb::ArrowTableSchema table;
  duckdb::vector<duckdb::LogicalType> types;
  duckdb::vector<std::string> names;
};

/// Of batches of `schema`. Throws what DuckDB throws for a type that it has no mapping for.
std::shared_ptr<const BatchMapping> MapBatches(const arrow::Schema& schema,
                                               duckdb::ClientContext& context);

/// One batch as chunks. Every batch needs a scan of its own: DuckDB keeps decoded dictionaries by
/// the address of their array, which a later batch may be given again.
class BatchScan {
 public:
  /// `batch` is as engine::Scannable makes them.
  BatchScan(const arrow::RecordBatch& batch, duckdb::ClientContext& context);

  /// Of the rows from `first`, before `end`.
  BatchScan(const arrow::RecordBatch& batch, duckdb::ClientContext& context, int64_t first,
            int64_t end);

  /// Fills `chunk`, whose columns are those of `mapping`, with the next rows; they refer to the
  /// scan's memory. The last row of a large batch is a chunk of its own, and a copy: operators keep
  /// the last chunk that they have seen, and so the memory of all of the batch. Throws what DuckDB
  /// throws, with the name of the column. \return false when none are left.
  bool Next(const BatchMapping& mapping, duckdb::DataChunk& chunk);

 private:
  // Throws the error of the next rows again, if it is of a column by itself.
  void BlameColumn(const BatchMapping& mapping, duckdb::idx_t rows);

  duckdb::ClientContext& context_;
  duckdb::ArrowScanLocalState state_;
  const duckdb::idx_t end_;
  const bool is_large_;
};

}  // namespace arrowport::engine
