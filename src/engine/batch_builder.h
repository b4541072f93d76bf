#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <arrow/record_batch.h>
#include <duckdb.hpp>

#include "base/error.h"

namespace duckdb {
class ArrowAppender;
}

namespace arrowport::engine {

/// Bytes that rows of these types need in Arrow: what every row needs, and how to ask for the rest.
class RowWidth {
 public:
  explicit RowWidth(const duckdb::vector<duckdb::LogicalType>& types);

  /// How many rows of `chunk` from `from` fit into `bytes_max`, and what they take. At least one
  /// row when `at_least_one`.
  struct Fit {
    duckdb::idx_t rows;
    int64_t bytes;
  };
  [[nodiscard]] Fit FitRows(duckdb::DataChunk& chunk, duckdb::idx_t from, int64_t bytes_max,
                            bool at_least_one) const;

  [[nodiscard]] int64_t fixed_bytes() const { return fixed_bytes_; }

 private:
  int64_t fixed_bytes_ = 0;
  std::vector<duckdb::idx_t> variable_columns_;
};

/// Builds one Arrow batch from parts of chunks. One thread at a time.
class BatchBuilder {
 public:
  BatchBuilder(const duckdb::vector<duckdb::LogicalType>& types, duckdb::ClientContext& context,
               duckdb::idx_t rows_expected);
  ~BatchBuilder();

  void Append(duckdb::DataChunk& chunk, duckdb::idx_t from, duckdb::idx_t to);

  [[nodiscard]] int64_t rows() const;

  /// The batch and its exact bytes. The builder is done after it. Throws what DuckDB throws.
  std::shared_ptr<arrow::RecordBatch> Finish(const std::shared_ptr<arrow::Schema>& schema,
                                             int64_t* bytes);

 private:
  std::unique_ptr<duckdb::ArrowAppender> appender_;
};

/// The Arrow schema of rows of these types and names, as `context`'s settings have it.
Result<std::shared_ptr<arrow::Schema>> ArrowSchemaOf(
    const duckdb::vector<duckdb::LogicalType>& types, const duckdb::vector<std::string>& names,
    duckdb::ClientContext& context);

}  // namespace arrowport::engine
