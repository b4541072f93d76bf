#include "engine/scannable.h"

#include <string>
#include <utility>
#include <vector>

#include <arrow/array.h>
#include <arrow/array/concatenate.h>

#include "engine/plain_values.h"

namespace arrowport::engine {
namespace {

bool HasOffset(const arrow::ArrayData& data) {
  if (data.offset != 0) return true;
  for (const auto& child : data.child_data) {
    if (HasOffset(*child)) return true;
  }
  return false;
}

bool IsNested(const arrow::Array& column) {
  return arrow::is_nested(column.type_id()) && column.type_id() != arrow::Type::RUN_END_ENCODED;
}

Result<std::shared_ptr<arrow::RecordBatch>> WithoutOffsets(
    std::shared_ptr<arrow::RecordBatch> batch) {
  for (int i = 0; i < batch->num_columns(); ++i) {
    const auto& column = batch->column(i);
    if (!IsNested(*column) || !HasOffset(*column->data())) continue;
    ARROW_ASSIGN_OR_RAISE(auto copy, arrow::Concatenate({column}));
    ARROW_ASSIGN_OR_RAISE(batch, batch->SetColumn(i, batch->schema()->field(i), copy));
  }
  return batch;
}

}  // namespace

Scannable::Scannable(const std::shared_ptr<arrow::Schema>& schema) : schema_(schema) {
  arrow::FieldVector fields;
  for (const auto& field : schema->fields()) {
    fields.push_back(field->WithType(PlainTypeOf(field->type(), /*is_column=*/true)));
    if (fields.back()->type() != field->type()) changes_types_ = true;
  }
  if (changes_types_) schema_ = arrow::schema(std::move(fields), schema->metadata());
}

Result<std::shared_ptr<arrow::RecordBatch>> Scannable::Convert(
    std::shared_ptr<arrow::RecordBatch> batch) const {
  if (!changes_types_) return WithoutOffsets(std::move(batch));
  std::vector<std::shared_ptr<arrow::Array>> columns;
  for (int i = 0; i < batch->num_columns(); ++i) {
    auto column = ToPlain(batch->column(i), schema_->field(i)->type());
    if (!column.ok()) {
      return WithContext("column '" + schema_->field(i)->name() + "'", column.status());
    }
    columns.push_back(*std::move(column));
  }
  return WithoutOffsets(arrow::RecordBatch::Make(schema_, batch->num_rows(), std::move(columns)));
}

Result<std::shared_ptr<arrow::RecordBatch>> Scannable::Slice(const arrow::RecordBatch& batch,
                                                             int64_t offset, int64_t rows) {
  return WithoutOffsets(batch.Slice(offset, rows));
}

}  // namespace arrowport::engine
