#include "engine/batch_builder.h"

#include <algorithm>
#include <utility>

#include <arrow/c/bridge.h>
#include <duckdb/common/arrow/appender/append_data.hpp>
#include <duckdb/common/arrow/arrow_appender.hpp>
#include <duckdb/common/arrow/arrow_converter.hpp>
#include <duckdb/common/arrow/arrow_type_extension.hpp>

#include "engine/duckdb_error.h"

namespace arrowport::engine {
namespace {

using duckdb::idx_t;
using duckdb::LogicalTypeId;
using duckdb::PhysicalType;

// Strings and blobs need an offset a row besides their bytes; decimals are always 128 bits wide.
// Nested values are counted by the size of their entry only: an estimate that the exact size of
// the finished batch corrects.
int64_t FixedBytesOf(const duckdb::LogicalType& type) {
  if (type.id() == LogicalTypeId::DECIMAL) return 16;
  if (type.InternalType() == PhysicalType::VARCHAR) return 4;
  return static_cast<int64_t>(duckdb::GetTypeIdSize(type.InternalType()));
}

// Every array that DuckDB's appender makes carries its buffers in an ArrowAppendData.
int64_t BytesOf(const ArrowArray& array) {
  auto* data = static_cast<duckdb::ArrowAppendData*>(array.private_data);
  auto bytes = static_cast<int64_t>(data->GetValidityBuffer().size() +
                                    data->GetMainBuffer().size() + data->GetAuxBuffer().size());
  for (int64_t i = 0; i < array.n_children; ++i) bytes += BytesOf(*array.children[i]);
  if (array.dictionary != nullptr) bytes += BytesOf(*array.dictionary);
  return bytes;
}

// Bytes of the strings in rows [from, to) of a column.
int64_t StringBytes(duckdb::Vector& column, idx_t from, idx_t to, idx_t size) {
  duckdb::UnifiedVectorFormat format;
  column.ToUnifiedFormat(size, format);
  const auto* strings = duckdb::UnifiedVectorFormat::GetData<duckdb::string_t>(format);
  int64_t bytes = 0;
  for (idx_t row = from; row < to; ++row) {
    const idx_t index = format.sel->get_index(row);
    if (format.validity.RowIsValid(index)) bytes += strings[index].GetSize();
  }
  return bytes;
}

}  // namespace

RowWidth::RowWidth(const duckdb::vector<duckdb::LogicalType>& types) {
  for (idx_t i = 0; i < types.size(); ++i) {
    fixed_bytes_ += FixedBytesOf(types[i]);
    if (types[i].InternalType() == PhysicalType::VARCHAR) variable_columns_.push_back(i);
  }
}

RowWidth::Fit RowWidth::FitRows(duckdb::DataChunk& chunk, idx_t from, int64_t bytes_max,
                                bool at_least_one) const {
  const auto bytes_of = [&](idx_t begin, idx_t end) {
    int64_t bytes = static_cast<int64_t>(end - begin) * fixed_bytes_;
    for (idx_t column : variable_columns_) {
      bytes += StringBytes(chunk.data[column], begin, end, chunk.size());
    }
    return bytes;
  };
  const int64_t all = bytes_of(from, chunk.size());
  if (all <= bytes_max) return {chunk.size() - from, all};
  Fit fit{0, 0};
  for (idx_t row = from; row < chunk.size(); ++row) {
    const int64_t bytes = bytes_of(row, row + 1);
    if (fit.bytes + bytes > bytes_max && !(at_least_one && fit.rows == 0)) break;
    fit.bytes += bytes;
    ++fit.rows;
  }
  return fit;
}

BatchBuilder::BatchBuilder(const duckdb::vector<duckdb::LogicalType>& types,
                           duckdb::ClientContext& context, idx_t rows_expected)
    : appender_(std::make_unique<duckdb::ArrowAppender>(
          types, rows_expected, context.GetClientProperties(),
          duckdb::ArrowTypeExtensionData::GetExtensionTypes(context, types))) {}

BatchBuilder::~BatchBuilder() = default;

void BatchBuilder::Append(duckdb::DataChunk& chunk, idx_t from, idx_t to) {
  appender_->Append(chunk, from, to, chunk.size());
}

int64_t BatchBuilder::rows() const { return static_cast<int64_t>(appender_->RowCount()); }

std::shared_ptr<arrow::RecordBatch> BatchBuilder::Finish(
    const std::shared_ptr<arrow::Schema>& schema, int64_t* bytes) {
  ArrowArray array = appender_->Finalize();
  *bytes = 0;
  for (int64_t i = 0; i < array.n_children; ++i) *bytes += BytesOf(*array.children[i]);
  auto batch = arrow::ImportRecordBatch(&array, schema);
  if (!batch.ok()) throw duckdb::InternalException(batch.status().ToString());
  return std::move(batch).ValueUnsafe();
}

Result<std::shared_ptr<arrow::Schema>> ArrowSchemaOf(
    const duckdb::vector<duckdb::LogicalType>& types, const duckdb::vector<std::string>& names,
    duckdb::ClientContext& context) {
  return Guarded([&]() -> Result<std::shared_ptr<arrow::Schema>> {
    ArrowSchema schema;
    auto properties = context.GetClientProperties();
    duckdb::ArrowConverter::ToArrowSchema(&schema, types, names, properties);
    return arrow::ImportSchema(&schema);
  });
}

}  // namespace arrowport::engine
