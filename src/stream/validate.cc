#include "stream/validate.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <arrow/array/validate.h>
#include <arrow/extension_type.h>
#include <arrow/util/int_util.h>

#include "base/error.h"
#include "base/limits.h"

namespace arrowport::stream {
namespace {

using arrow::ArrayData;
using arrow::DataType;

Status Invalid(std::string message) {
  return MakeError(ErrorKind::kInvalidInput, std::move(message));
}

const DataType& StorageOf(const DataType& type) {
  const DataType* storage = &type;
  while (storage->id() == arrow::Type::EXTENSION) {
    storage = static_cast<const arrow::ExtensionType&>(*storage).storage_type().get();
  }
  return *storage;
}

bool IsSameType(const DataType& a, const DataType& b) { return &a == &b || a.Equals(b); }

// What Arrow's validation takes for granted, and would crash without or read past: that buffers,
// children and dictionaries are there and of the declared types, and that offsets are not negative.
class ShapeCheck {
 public:
  static Status Check(const ArrayData& data, int depth) {
    if (depth > kDepthMax) return Invalid("the array is nested too deep");
    if (data.type == nullptr) return Invalid("an array has no type");
    const DataType& type = StorageOf(*data.type);
    if (data.length < 0 || data.offset < 0) return Invalid("negative length or offset");
    // Nested arrays of types without data per value could announce any number too.
    if (data.length > limits::kBatchRowsMax) {
      return Invalid("an array has " + std::to_string(data.length) + " values; the limit is " +
                     std::to_string(limits::kBatchRowsMax));
    }
    ARROW_RETURN_NOT_OK(Buffers(data, type));
    ARROW_RETURN_NOT_OK(Children(data, type, depth));
    return Dictionary(data, type, depth);
  }

 private:
  // Twice the limit on schemas, as dictionaries and their values are levels here.
  static constexpr int kDepthMax = 2 * limits::kSchemaDepthMax;

  static Status Buffers(const ArrayData& data, const DataType& type) {
    const arrow::DataTypeLayout layout = type.layout();
    const size_t expected = layout.buffers.size();
    if (data.buffers.size() < expected ||
        (data.buffers.size() > expected && !layout.variadic_spec.has_value())) {
      return Invalid("an array of type " + type.ToString() + " has " +
                     std::to_string(data.buffers.size()) + " buffers instead of " +
                     std::to_string(expected));
    }
    const bool has_views = layout.variadic_spec.has_value();
    for (size_t i = 0; i < expected; ++i) {
      const auto kind = layout.buffers[i].kind;
      const bool may_lack =
          kind == arrow::DataTypeLayout::ALWAYS_NULL || i == 0 || (data.length == 0 && !has_views);
      // Union types have no bitmap: their first buffer is absent, whatever its place says.
      if (!may_lack && data.buffers[i] == nullptr && kind != arrow::DataTypeLayout::BITMAP) {
        return Invalid("an array of type " + type.ToString() + " lacks its buffer " +
                       std::to_string(i));
      }
      // Booleans keep their values as bits, in the second buffer.
      if (!may_lack && data.buffers[i] == nullptr && i == 1) {
        return Invalid("an array of type " + type.ToString() + " lacks its values");
      }
    }
    return Status::OK();
  }

  static Status Children(const ArrayData& data, const DataType& type, int depth) {
    if (data.child_data.size() != static_cast<size_t>(type.num_fields())) {
      return Invalid("an array of type " + type.ToString() + " has " +
                     std::to_string(data.child_data.size()) + " children instead of " +
                     std::to_string(type.num_fields()));
    }
    for (int i = 0; i < type.num_fields(); ++i) {
      const auto& child = data.child_data[static_cast<size_t>(i)];
      const arrow::Field& field = *type.field(i);
      if (child == nullptr) return Invalid("child '" + field.name() + "' is missing");
      if (child->type == nullptr || !IsSameType(*child->type, *field.type())) {
        return Invalid("child '" + field.name() + "' is not of the declared type " +
                       field.type()->ToString());
      }
      ARROW_RETURN_NOT_OK(Check(*child, depth + 1));
    }
    if (type.id() != arrow::Type::FIXED_SIZE_LIST) return Status::OK();
    return FixedSizeList(data, static_cast<const arrow::FixedSizeListType&>(type));
  }

  // Arrow leaves the array's own offset out of this sum.
  static Status FixedSizeList(const ArrayData& data, const arrow::FixedSizeListType& type) {
    const int64_t size = type.list_size();
    const int64_t values = data.child_data[0]->length;
    const int64_t lists = data.offset + data.length;
    if (size < 0 || lists < 0 || (size > 0 && lists > values / size)) {
      return Invalid(std::to_string(values) + " values are too few for " + std::to_string(lists) +
                     " lists of " + std::to_string(size));
    }
    return Status::OK();
  }

  static Status Dictionary(const ArrayData& data, const DataType& type, int depth) {
    if (type.id() != arrow::Type::DICTIONARY) {
      return data.dictionary == nullptr ? Status::OK() : Invalid("an unexpected dictionary");
    }
    if (data.dictionary == nullptr) return Invalid("the dictionary is missing");
    const auto& value_type = *static_cast<const arrow::DictionaryType&>(type).value_type();
    if (data.dictionary->type == nullptr || !IsSameType(*data.dictionary->type, value_type)) {
      return Invalid("the dictionary is not of the declared type " + value_type.ToString());
    }
    return Check(*data.dictionary, depth + 1);
  }
};

bool HasDictionary(const ArrayData& data) {
  if (data.dictionary != nullptr) return true;
  for (const auto& child : data.child_data) {
    if (HasDictionary(*child)) return true;
  }
  return false;
}

Status AsInvalid(const Status& status) { return WithKind(ErrorKind::kInvalidInput, status); }

}  // namespace

Status BatchValidator::Validate(const arrow::RecordBatch& batch, int64_t index) {
  const auto where = [index] { return "batch " + std::to_string(index); };
  const arrow::Schema& schema = *batch.schema();
  const int64_t rows = batch.num_rows();
  if (rows < 0 || rows > limits::kBatchRowsMax) {
    return WithContext(where(),
                       Invalid("a batch of " + std::to_string(rows) + " rows; send between 0 and " +
                               std::to_string(limits::kBatchRowsMax)));
  }
  // num_columns() would be the schema's word for it.
  const size_t columns = batch.column_data().size();
  if (columns != static_cast<size_t>(schema.num_fields())) {
    return WithContext(where(),
                       Invalid("it has " + std::to_string(columns) + " columns, its schema has " +
                               std::to_string(schema.num_fields())));
  }
  valid_dictionaries_.resize(static_cast<size_t>(schema.num_fields()));
  for (int i = 0; i < schema.num_fields(); ++i) {
    const arrow::Field& field = *schema.field(i);
    const std::shared_ptr<ArrayData> data = batch.column_data(i);
    Status status;
    if (data == nullptr || data->type == nullptr || !IsSameType(*data->type, *field.type())) {
      status = Invalid("the data is not of the declared type " + field.type()->ToString());
    } else if (data->length != rows) {
      status = Invalid("it has " + std::to_string(data->length) + " values in a batch of " +
                       std::to_string(rows) + " rows");
    } else {
      status = ValidateColumn(i, data);
    }
    if (status.ok() && !field.nullable() && data->GetNullCount() > 0) {
      status = Invalid("it is declared not nullable and has " +
                       std::to_string(data->GetNullCount()) + " nulls");
    }
    if (!status.ok()) {
      return WithContext(where() + ", column '" + field.name() + "'", AsInvalid(status));
    }
  }
  return Status::OK();
}

Status BatchValidator::ValidateColumn(int column, const std::shared_ptr<ArrayData>& data) {
  ARROW_RETURN_NOT_OK(ShapeCheck::Check(*data, 0));
  if (data->type->id() == arrow::Type::DICTIONARY) return ValidateDictionaryColumn(column, *data);
  return arrow::internal::ValidateArrayFull(*data);
}

Status BatchValidator::ValidateDictionaryColumn(int column, const ArrayData& data) {
  const std::shared_ptr<ArrayData>& dictionary = data.dictionary;
  auto& valid = valid_dictionaries_[static_cast<size_t>(column)];
  if (valid.lock() != dictionary) {
    ARROW_RETURN_NOT_OK(arrow::internal::ValidateArrayFull(*dictionary));
    // A dictionary inside of the dictionary can be replaced under it, so it is looked at each time.
    if (!HasDictionary(*dictionary)) valid = dictionary;
  }
  ArrayData indices = data;
  indices.type = static_cast<const arrow::DictionaryType&>(*data.type).index_type();
  indices.dictionary = nullptr;
  ARROW_RETURN_NOT_OK(arrow::internal::ValidateArrayFull(indices));
  return arrow::internal::CheckIndexBounds(arrow::ArraySpan(indices),
                                           static_cast<uint64_t>(dictionary->length));
}

Status ValidateBatch(const arrow::RecordBatch& batch, int64_t index) {
  return BatchValidator().Validate(batch, index);
}

}  // namespace arrowport::stream
