#include "stream/plain_types.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <arrow/array.h>
#include <arrow/compute/cast.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>

#include "base/error.h"

namespace arrowport::stream {
namespace {

std::shared_ptr<arrow::Field> PlainField(const std::shared_ptr<arrow::Field>& field);

std::shared_ptr<arrow::DataType> PlainType(const std::shared_ptr<arrow::DataType>& type) {
  switch (type->id()) {
    case arrow::Type::DICTIONARY:
      return PlainType(static_cast<const arrow::DictionaryType&>(*type).value_type());
    case arrow::Type::LIST:
      return arrow::list(PlainField(type->field(0)));
    case arrow::Type::LARGE_LIST:
      return arrow::large_list(PlainField(type->field(0)));
    case arrow::Type::FIXED_SIZE_LIST:
      return arrow::fixed_size_list(
          PlainField(type->field(0)),
          static_cast<const arrow::FixedSizeListType&>(*type).list_size());
    case arrow::Type::MAP: {
      const auto& map = static_cast<const arrow::MapType&>(*type);
      return std::make_shared<arrow::MapType>(PlainField(map.key_field()),
                                              PlainField(map.item_field()), map.keys_sorted());
    }
    case arrow::Type::STRUCT: {
      arrow::FieldVector fields;
      for (const auto& field : type->fields()) fields.push_back(PlainField(field));
      return arrow::struct_(fields);
    }
    default:
      return type;
  }
}

std::shared_ptr<arrow::Field> PlainField(const std::shared_ptr<arrow::Field>& field) {
  auto type = PlainType(field->type());
  return type->Equals(*field->type()) ? field : field->WithType(std::move(type));
}

std::shared_ptr<arrow::Field> WithDigits(const std::shared_ptr<arrow::Field>& field) {
  if (!arrow::is_decimal(field->type()->id())) return field;
  const auto& type = static_cast<const arrow::DecimalType&>(*field->type());
  return field->WithMergedMetadata(
      arrow::key_value_metadata({"ARROW:FLIGHT:SQL:PRECISION", "ARROW:FLIGHT:SQL:SCALE"},
                                {std::to_string(type.precision()), std::to_string(type.scale())}));
}

}  // namespace

std::shared_ptr<arrow::Schema> PlainSchema(const std::shared_ptr<arrow::Schema>& schema) {
  arrow::FieldVector fields;
  for (const auto& field : schema->fields()) fields.push_back(WithDigits(PlainField(field)));
  return arrow::schema(fields, schema->metadata());
}

Result<std::shared_ptr<arrow::RecordBatch>> ToPlain(const arrow::RecordBatch& batch,
                                                    const std::shared_ptr<arrow::Schema>& plain) {
  arrow::ArrayVector columns;
  for (int i = 0; i < batch.num_columns(); ++i) {
    auto column = batch.column(i);
    const auto& type = plain->field(i)->type();
    if (!column->type()->Equals(*type)) {
      ARROW_ASSIGN_OR_RAISE(column, arrow::compute::Cast(*column, type));
    }
    columns.push_back(std::move(column));
  }
  return arrow::RecordBatch::Make(plain, batch.num_rows(), std::move(columns));
}

}  // namespace arrowport::stream
