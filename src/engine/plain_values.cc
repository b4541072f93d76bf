#include "engine/plain_values.h"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include <arrow/builder.h>

#include "base/batch_bytes.h"
#include "base/error.h"
#include "base/limits.h"

namespace arrowport::engine {
namespace {

using arrow::Type;
using ArrayPtr = std::shared_ptr<arrow::Array>;
using TypePtr = std::shared_ptr<arrow::DataType>;

TypePtr PlainValue(const TypePtr& type) { return PlainTypeOf(type, /*is_column=*/false); }

std::shared_ptr<arrow::Field> PlainField(const std::shared_ptr<arrow::Field>& field) {
  return field->WithType(PlainValue(field->type()));
}

// Of a type with children, none of which is a dictionary's.
TypePtr WithFields(const arrow::DataType& type, const arrow::FieldVector& fields) {
  switch (type.id()) {
    case Type::LIST:
    case Type::LIST_VIEW:
      return arrow::list(fields[0]);
    case Type::LARGE_LIST:
    case Type::LARGE_LIST_VIEW:
      return arrow::large_list(fields[0]);
    case Type::FIXED_SIZE_LIST:
      return arrow::fixed_size_list(fields[0],
                                    static_cast<const arrow::FixedSizeListType&>(type).list_size());
    case Type::STRUCT:
      return arrow::struct_(fields);
    case Type::MAP: {
      const auto& entries = *fields[0]->type();
      return std::make_shared<arrow::MapType>(
          entries.field(0), entries.field(1),
          static_cast<const arrow::MapType&>(type).keys_sorted());
    }
    case Type::SPARSE_UNION:
      return arrow::sparse_union(fields, static_cast<const arrow::UnionType&>(type).type_codes());
    case Type::RUN_END_ENCODED:
      return arrow::run_end_encoded(fields[0]->type(), fields[1]->type());
    default:
      return nullptr;
  }
}

/// Picks values, with a bound on what they take together.
class Gatherer {
 public:
  static Result<Gatherer> Of(ArrayPtr values) {
    Gatherer gatherer;
    ARROW_RETURN_NOT_OK(
        arrow::MakeBuilder(arrow::default_memory_pool(), values->type(), &gatherer.builder_));
    gatherer.values_ = std::move(values);
    return gatherer;
  }

  Status Append(int64_t offset, int64_t count) {
    for (int64_t i = offset; i < offset + count; ++i) bytes_ += BytesOf(i);
    if (bytes_ > limits::kPlainColumnBytesMax) {
      return MakeError(ErrorKind::kTooLarge,
                       "its values take more than " + std::to_string(limits::kPlainColumnBytesMax) +
                           " bytes when each is written out; send fewer rows a batch");
    }
    return builder_->AppendArraySlice(*values_->data(), offset, count);
  }

  Status AppendNull() {
    ++bytes_;
    return builder_->AppendNull();
  }

  Result<ArrayPtr> Finish() { return builder_->Finish(); }

 private:
  // At least one byte, so that values without any are bounded as well.
  [[nodiscard]] int64_t BytesOf(int64_t index) const {
    const arrow::DataType& type = *values_->type();
    if (arrow::is_fixed_width(type)) return 1 + type.bit_width() / 8;
    return 1 + arrowport::BytesOf(*values_->Slice(index, 1));
  }

  ArrayPtr values_;
  std::unique_ptr<arrow::ArrayBuilder> builder_;
  int64_t bytes_ = 0;
};

Result<ArrayPtr> FromDictionary(const ArrayPtr& array, const TypePtr& type) {
  const auto& dictionary = static_cast<const arrow::DictionaryArray&>(*array);
  ARROW_ASSIGN_OR_RAISE(auto values, ToPlain(dictionary.dictionary(), type));
  ARROW_ASSIGN_OR_RAISE(auto gatherer, Gatherer::Of(std::move(values)));
  for (int64_t i = 0; i < array->length(); ++i) {
    ARROW_RETURN_NOT_OK(dictionary.IsNull(i) ? gatherer.AppendNull()
                                             : gatherer.Append(dictionary.GetValueIndex(i), 1));
  }
  return gatherer.Finish();
}

template <typename ListViewArray, typename ListArray>
Result<ArrayPtr> FromListView(const ArrayPtr& array, const TypePtr& type) {
  const auto& views = static_cast<const ListViewArray&>(*array);
  ARROW_ASSIGN_OR_RAISE(auto values, ToPlain(views.values(), type->field(0)->type()));
  ARROW_ASSIGN_OR_RAISE(auto gatherer, Gatherer::Of(std::move(values)));
  using Offset = typename ListArray::offset_type;
  arrow::TypedBufferBuilder<Offset> offsets;
  arrow::TypedBufferBuilder<bool> validity;
  ARROW_RETURN_NOT_OK(offsets.Append(0));
  int64_t end = 0;
  for (int64_t i = 0; i < views.length(); ++i) {
    ARROW_RETURN_NOT_OK(validity.Append(views.IsValid(i)));
    if (views.IsValid(i)) {
      ARROW_RETURN_NOT_OK(gatherer.Append(views.value_offset(i), views.value_length(i)));
      end += views.value_length(i);
    }
    ARROW_RETURN_NOT_OK(offsets.Append(static_cast<Offset>(end)));
  }
  ARROW_ASSIGN_OR_RAISE(auto bits, validity.Finish());
  ARROW_ASSIGN_OR_RAISE(auto bounds, offsets.Finish());
  ARROW_ASSIGN_OR_RAISE(auto gathered, gatherer.Finish());
  return std::make_shared<ListArray>(type, views.length(), bounds, gathered, bits);
}

// DuckDB would read the two numbers of a value as one.
Result<ArrayPtr> FromDayTime(const ArrayPtr& array) {
  constexpr int64_t kNanosecondsPerMillisecond = 1'000'000;
  const auto& intervals = static_cast<const arrow::DayTimeIntervalArray&>(*array);
  arrow::MonthDayNanoIntervalBuilder builder;
  ARROW_RETURN_NOT_OK(builder.Reserve(intervals.length()));
  for (int64_t i = 0; i < intervals.length(); ++i) {
    if (intervals.IsNull(i)) {
      builder.UnsafeAppendNull();
      continue;
    }
    const auto value = intervals.GetValue(i);
    builder.UnsafeAppend({0, value.days, value.milliseconds * kNanosecondsPerMillisecond});
  }
  return builder.Finish();
}

}  // namespace

TypePtr PlainTypeOf(const TypePtr& type, bool is_column) {
  if (type->id() == Type::DICTIONARY) {
    const TypePtr& value = static_cast<const arrow::DictionaryType&>(*type).value_type();
    const bool is_flat = !arrow::is_nested(*value) && value->id() != Type::DICTIONARY;
    return is_column && is_flat ? type : PlainValue(value);
  }
  if (type->id() == Type::INTERVAL_DAY_TIME) return arrow::month_day_nano_interval();
  bool changed = type->id() == Type::LIST_VIEW || type->id() == Type::LARGE_LIST_VIEW;
  arrow::FieldVector fields;
  for (const auto& field : type->fields()) {
    fields.push_back(PlainField(field));
    if (fields.back()->type() != field->type()) changed = true;
  }
  if (!changed) return type;
  const TypePtr plain = WithFields(*type, fields);
  return plain == nullptr ? type : plain;
}

Result<ArrayPtr> ToPlain(const ArrayPtr& array, const TypePtr& type) {
  if (array->type() == type) return array;
  switch (array->type_id()) {
    case Type::DICTIONARY:
      return FromDictionary(array, type);
    case Type::INTERVAL_DAY_TIME:
      return FromDayTime(array);
    case Type::LIST_VIEW:
      return FromListView<arrow::ListViewArray, arrow::ListArray>(array, type);
    case Type::LARGE_LIST_VIEW:
      return FromListView<arrow::LargeListViewArray, arrow::LargeListArray>(array, type);
    default:
      break;
  }
  auto data = array->data()->Copy();
  data->type = type;
  for (int i = 0; i < type->num_fields(); ++i) {
    ARROW_ASSIGN_OR_RAISE(auto child,
                          ToPlain(arrow::MakeArray(data->child_data[i]), type->field(i)->type()));
    data->child_data[i] = child->data();
  }
  return arrow::MakeArray(data);
}

}  // namespace arrowport::engine
