#include "engine/scannable.h"

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <arrow/array.h>
#include <arrow/array/concatenate.h>
#include <arrow/buffer.h>
#include <arrow/util/bit_util.h>

#include "base/error.h"
#include "base/written_out.h"
#include "engine/plain_values.h"

namespace arrowport::engine {
namespace {

using BatchPtr = std::shared_ptr<arrow::RecordBatch>;

bool HasOffset(const arrow::ArrayData& data) {
  if (data.offset != 0) return true;
  for (const auto& child : data.child_data) {
    if (HasOffset(*child)) return true;
  }
  return false;
}

// Whether the byte after the first `bits` of `bitmap` may be read.
bool HasSpareByte(const arrow::Buffer& bitmap, int64_t bits) {
  const int64_t bytes = arrow::bit_util::BytesForBits(bits);
  if (bitmap.capacity() > bytes) return true;
  const auto parent = bitmap.parent();
  return parent != nullptr && parent->address() + static_cast<uint64_t>(parent->size()) >
                                  bitmap.address() + static_cast<uint64_t>(bytes);
}

// DuckDB reads one byte too many of a validity bitmap when it begins within a byte.
Result<std::shared_ptr<arrow::ArrayData>> WithSpareBytes(std::shared_ptr<arrow::ArrayData> data) {
  const int64_t bits = data->offset + data->length;
  if (data->MayHaveNulls() && !data->buffers.empty() && data->buffers[0] != nullptr &&
      !HasSpareByte(*data->buffers[0], bits)) {
    const int64_t bytes = arrow::bit_util::BytesForBits(bits);
    ARROW_ASSIGN_OR_RAISE(auto copy, arrow::AllocateBuffer(bytes + 1));
    std::memcpy(copy->mutable_data(), data->buffers[0]->data(), static_cast<size_t>(bytes));
    copy->mutable_data()[bytes] = 0;
    data = data->Copy();
    data->buffers[0] = std::move(copy);
  }
  for (size_t i = 0; i < data->child_data.size(); ++i) {
    ARROW_ASSIGN_OR_RAISE(auto child, WithSpareBytes(data->child_data[i]));
    if (child == data->child_data[i]) continue;
    data = data->Copy();
    data->child_data[i] = std::move(child);
  }
  return data;
}

Result<std::shared_ptr<arrow::Array>> AlignColumn(std::shared_ptr<arrow::Array> column) {
  if (arrow::is_nested(column->type_id()) && HasOffset(*column->data())) {
    ARROW_ASSIGN_OR_RAISE(column, arrow::Concatenate({column}));
  }
  ARROW_ASSIGN_OR_RAISE(auto data, WithSpareBytes(column->data()));
  return data == column->data() ? column : arrow::MakeArray(data);
}

}  // namespace

Scannable::Scannable(const std::shared_ptr<arrow::Schema>& schema) : schema_(schema) {
  arrow::FieldVector fields;
  for (const auto& field : schema->fields()) {
    fields.push_back(PlainColumn(field));
    if (!IsPlain(*fields.back(), *field)) is_plain_ = false;
  }
  if (!is_plain_) schema_ = arrow::schema(std::move(fields), schema->metadata());
}

std::vector<BatchPtr> Scannable::Cut(const BatchPtr& batch, int64_t bytes_max) const {
  if (is_plain_) return {batch};
  int64_t bytes = 0;
  for (int i = 0; i < batch->num_columns(); ++i) {
    // Others are scanned as they are.
    if (schema_->field(i)->type() == batch->schema()->field(i)->type()) continue;
    bytes += BytesWrittenOut(*batch->column_data(i));
  }
  const int64_t rows = batch->num_rows();
  if (bytes <= bytes_max || rows < 2) return {batch};
  std::vector<BatchPtr> parts = Cut(batch->Slice(0, rows / 2), bytes_max);
  for (auto& part : Cut(batch->Slice(rows / 2), bytes_max)) parts.push_back(std::move(part));
  return parts;
}

Result<BatchPtr> Scannable::WriteOut(BatchPtr batch, int64_t index, int64_t first_row) const {
  if (is_plain_) return batch;
  std::vector<std::shared_ptr<arrow::Array>> columns;
  for (int i = 0; i < batch->num_columns(); ++i) {
    auto column = ToPlain(batch->column(i), schema_->field(i)->type());
    if (!column.ok()) {
      const std::string rows =
          first_row == 0 ? "" : ", from row " + std::to_string(first_row) + " on";
      return WithContext(
          "batch " + std::to_string(index) + rows + ", column '" + schema_->field(i)->name() + "'",
          column.status());
    }
    columns.push_back(*std::move(column));
  }
  return arrow::RecordBatch::Make(schema_, batch->num_rows(), std::move(columns));
}

Result<BatchPtr> Scannable::Align(BatchPtr batch) {
  auto columns = batch->columns();
  bool changed = false;
  for (auto& column : columns) {
    ARROW_ASSIGN_OR_RAISE(auto aligned, AlignColumn(column));
    changed = changed || aligned != column;
    column = std::move(aligned);
  }
  if (!changed) return batch;
  return arrow::RecordBatch::Make(batch->schema(), batch->num_rows(), std::move(columns));
}

Result<BatchPtr> Scannable::Convert(BatchPtr batch, int64_t index, int64_t first_row) const {
  ARROW_ASSIGN_OR_RAISE(batch, WriteOut(std::move(batch), index, first_row));
  return Align(std::move(batch));
}

Result<BatchPtr> Scannable::Slice(const arrow::RecordBatch& batch, int64_t offset, int64_t rows) {
  return Align(batch.Slice(offset, rows));
}

}  // namespace arrowport::engine
