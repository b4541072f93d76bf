#pragma once

#include <cstdint>
#include <memory>

#include <arrow/array.h>
#include <arrow/type.h>
#include <duckdb.hpp>

namespace arrowport::engine {

/// Builds one Arrow array from parts of vectors of one DuckDB type. One thread at a time. Throws
/// what DuckDB throws.
class ColumnBuilder {
 public:
  virtual ~ColumnBuilder() = default;

  /// Rows [from, to) of a vector of `size` rows. `format` is the vector in unified form.
  virtual void Append(duckdb::Vector& vector, const duckdb::UnifiedVectorFormat& format,
                      duckdb::idx_t from, duckdb::idx_t to, duckdb::idx_t size) = 0;

  /// The array and the memory that it holds. The builder is done after it.
  virtual std::shared_ptr<arrow::Array> Finish(int64_t* bytes) = 0;
};

/// What to make room for at once.
struct ColumnSize {
  duckdb::idx_t rows = 0;
  int64_t data_bytes = 0;  ///< Of strings and blobs.
};

/// The builder of `type` as `arrow_type`, which is what DuckDB's schema conversion made of it.
///
/// Types whose layout is a copy away (integers, floats, dates, times, timestamps, decimals,
/// booleans, strings, blobs) have builders of ours that work on whole vectors; DuckDB's appender
/// checks its buffers for every value, which is most of what reading a table costs. All other
/// types go through DuckDB's.
std::unique_ptr<ColumnBuilder> MakeColumnBuilder(const duckdb::LogicalType& type,
                                                 const std::shared_ptr<arrow::DataType>& arrow_type,
                                                 duckdb::ClientContext& context,
                                                 const ColumnSize& expected);

}  // namespace arrowport::engine
