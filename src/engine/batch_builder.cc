#include "engine/batch_builder.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "engine/column_builder.h"

namespace arrowport::engine {
namespace {

using duckdb::idx_t;
using duckdb::LogicalTypeId;
using duckdb::PhysicalType;

constexpr int64_t kStringBytesGuess = 16;

// Strings and blobs need an offset a row besides their bytes; decimals are always 128 bits wide.
// Nested values are counted by the size of their entry only: an estimate that the exact size of
// the finished batch corrects.
int64_t FixedBytesOf(const duckdb::LogicalType& type) {
  if (type.id() == LogicalTypeId::DECIMAL) return 16;
  if (type.InternalType() == PhysicalType::VARCHAR) return 4;
  return static_cast<int64_t>(duckdb::GetTypeIdSize(type.InternalType()));
}

int64_t StringBytes(const duckdb::UnifiedVectorFormat& format, idx_t from, idx_t to) {
  const auto* strings = duckdb::UnifiedVectorFormat::GetData<duckdb::string_t>(format);
  int64_t bytes = 0;
  for (idx_t row = from; row < to; ++row) {
    const idx_t index = format.sel->get_index(row);
    if (format.validity.RowIsValid(index)) bytes += static_cast<int64_t>(strings[index].GetSize());
  }
  return bytes;
}

}  // namespace

BatchBuilder::BatchBuilder(const duckdb::vector<duckdb::LogicalType>& types,
                           const std::shared_ptr<arrow::Schema>& schema,
                           duckdb::ClientContext& context)
    : types_(types), schema_(schema), context_(context), formats_(types.size()) {
  for (idx_t i = 0; i < types.size(); ++i) {
    fixed_bytes_ += FixedBytesOf(types[i]);
    if (types[i].InternalType() == PhysicalType::VARCHAR) string_columns_.push_back(i);
  }
}

void BatchBuilder::Start(int64_t bytes) {
  bytes_aim_ = bytes;
  if (expected_.empty()) {
    const auto strings = static_cast<int64_t>(string_columns_.size());
    const auto rows = std::clamp<int64_t>(bytes / (fixed_bytes_ + strings * kStringBytesGuess + 1),
                                          1, limits::kResultBatchRows);
    expected_.assign(types_.size(), {static_cast<idx_t>(rows), rows * kStringBytesGuess});
  }
  for (idx_t i = 0; i < types_.size(); ++i) {
    columns_.push_back(MakeColumnBuilder(types_[i], schema_->field(static_cast<int>(i))->type(),
                                         context_, expected_[i]));
  }
}

int64_t BatchBuilder::BytesOf(idx_t from, idx_t to) const {
  int64_t bytes = static_cast<int64_t>(to - from) * fixed_bytes_;
  for (const idx_t column : string_columns_) bytes += StringBytes(formats_[column], from, to);
  return bytes;
}

BatchBuilder::Fit BatchBuilder::FitRows(idx_t from, idx_t size) const {
  const int64_t bytes_max = std::max<int64_t>(0, bytes_aim_ - bytes_);
  const int64_t all = BytesOf(from, size);
  if (all <= bytes_max) return {size - from, all};
  Fit fit{0, 0};
  for (idx_t row = from; row < size; ++row) {
    const int64_t bytes = BytesOf(row, row + 1);
    const bool first_of_all = rows_ == 0 && fit.rows == 0;
    if (fit.bytes + bytes > bytes_max && !first_of_all) break;
    fit.bytes += bytes;
    ++fit.rows;
  }
  return fit;
}

idx_t BatchBuilder::Append(duckdb::DataChunk& chunk, idx_t from) {
  for (idx_t i = 0; i < types_.size(); ++i) {
    chunk.data[i].ToUnifiedFormat(chunk.size(), formats_[i]);
  }
  const Fit fit = FitRows(from, chunk.size());
  if (fit.rows == 0) return 0;
  for (idx_t i = 0; i < types_.size(); ++i) {
    columns_[i]->Append(chunk.data[i], formats_[i], from, from + fit.rows, chunk.size());
  }
  rows_ += fit.rows;
  bytes_ += fit.bytes;
  return fit.rows;
}

std::shared_ptr<arrow::RecordBatch> BatchBuilder::Finish(int64_t* bytes_held) {
  std::vector<std::shared_ptr<arrow::Array>> arrays;
  arrays.reserve(columns_.size());
  *bytes_held = 0;
  for (const auto& column : columns_) arrays.push_back(column->Finish(bytes_held));
  for (idx_t i = 0; i < types_.size(); ++i) expected_[i].rows = rows_ + rows_ / 8;
  for (const idx_t column : string_columns_) {
    const auto& data = arrays[column]->data()->buffers.back();
    if (data != nullptr) expected_[column].data_bytes = data->size() + data->size() / 8;
  }
  auto batch = arrow::RecordBatch::Make(schema_, static_cast<int64_t>(rows_), std::move(arrays));
  columns_.clear();
  rows_ = 0;
  bytes_ = 0;
  return batch;
}

}  // namespace arrowport::engine
