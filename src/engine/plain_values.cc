#include "engine/plain_values.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <arrow/array/util.h>
#include <arrow/builder.h>
#include <arrow/extension_type.h>
#include <arrow/util/key_value_metadata.h>

#include "base/error.h"
#include "engine/gatherer.h"
#include "engine/opaque_values.h"
#include "engine/plain_times.h"

namespace arrowport::engine {
namespace {

using arrow::Type;
using ArrayPtr = std::shared_ptr<arrow::Array>;
using FieldPtr = std::shared_ptr<arrow::Field>;
using TypePtr = std::shared_ptr<arrow::DataType>;

constexpr std::string_view kExtensionName = "ARROW:extension:name";

/// Where a value stands: DuckDB's scan treats some types by it.
struct Place {
  bool is_column = false;
  bool is_in_list = false;
  bool is_in_array = false;  // Within a list of a fixed size.
};

std::string_view ExtensionNameOf(const arrow::Field& field) {
  if (field.metadata() == nullptr) return {};
  const int index = field.metadata()->FindKey(std::string(kExtensionName));
  return index < 0 ? std::string_view() : std::string_view(field.metadata()->value(index));
}

TypePtr PlainType(const TypePtr& type, Place place);

FieldPtr PlainField(const FieldPtr& field, Place place) {
  auto plain = field->WithType(PlainType(field->type(), place));
  // DuckDB reads geometries into room for one vector, and a vector of lists may have more.
  if (place.is_in_list && ExtensionNameOf(*field) == "geoarrow.wkb") {
    plain = plain->RemoveMetadata();
  }
  return plain;
}

arrow::FieldVector PlainFields(const arrow::DataType& type, Place place) {
  arrow::FieldVector fields;
  for (const auto& field : type.fields()) fields.push_back(PlainField(field, place));
  return fields;
}

bool IsChanged(const arrow::FieldVector& plain, const arrow::FieldVector& fields) {
  return !std::ranges::equal(plain, fields, [](const FieldPtr& one, const FieldPtr& other) {
    return one->type() == other->type() && one->metadata() == other->metadata();
  });
}

std::vector<int8_t> PlacesOf(const arrow::DataType& type) {
  std::vector<int8_t> places(static_cast<size_t>(type.num_fields()));
  for (size_t i = 0; i < places.size(); ++i) places[i] = static_cast<int8_t>(i);
  return places;
}

TypePtr PlainExtension(const TypePtr& type, Place place) {
  const auto& extension = static_cast<const arrow::ExtensionType&>(*type);
  const std::string name = extension.extension_name();
  if (name == "arrow.bool8") return arrow::boolean();
  // The ones that DuckDB has types for; of others it reads the storage.
  const bool is_known = name == "arrow.uuid" || name == "arrow.json" || IsDuckDbsOwn(*type);
  if (is_known) return type;
  return PlainType(extension.storage_type(), place);
}

// Dictionaries of flat values that need nothing else are read right where they are columns.
TypePtr PlainDictionary(const TypePtr& type, Place place) {
  const TypePtr& value = static_cast<const arrow::DictionaryType&>(*type).value_type();
  Place within = place;
  within.is_column = false;
  const TypePtr plain = PlainType(value, within);
  const bool is_flat = !arrow::is_nested(*value) && value->id() != Type::DICTIONARY &&
                       value->id() != Type::EXTENSION && IsPlainTime(*value);
  return place.is_column && is_flat ? type : plain;
}

TypePtr PlainList(const TypePtr& type, Place within) {
  within.is_in_list = true;
  if (type->id() == Type::FIXED_SIZE_LIST) within.is_in_array = true;
  const auto fields = PlainFields(*type, within);
  const bool is_changed = IsChanged(fields, type->fields());
  switch (type->id()) {
    case Type::LIST:
      return is_changed ? arrow::list(fields[0]) : type;
    case Type::LARGE_LIST:
      return is_changed ? arrow::large_list(fields[0]) : type;
    case Type::LIST_VIEW:
      return arrow::list(fields[0]);
    case Type::LARGE_LIST_VIEW:
      return arrow::large_list(fields[0]);
    case Type::MAP: {
      if (!is_changed) return type;
      const auto& entries = *fields[0]->type();
      return std::make_shared<arrow::MapType>(
          entries.field(0), entries.field(1),
          static_cast<const arrow::MapType&>(*type).keys_sorted());
    }
    default:
      if (!is_changed) return type;
      return arrow::fixed_size_list(
          fields[0], static_cast<const arrow::FixedSizeListType&>(*type).list_size());
  }
}

TypePtr PlainUnion(const TypePtr& type, Place place) {
  const auto fields = PlainFields(*type, place);
  const auto& codes = static_cast<const arrow::UnionType&>(*type).type_codes();
  // DuckDB takes the code of a member for its place.
  const auto places = PlacesOf(*type);
  if (!IsChanged(fields, type->fields()) && codes == places) return type;
  return arrow::sparse_union(fields, places);
}

TypePtr PlainType(const TypePtr& type, Place place) {
  Place within = place;
  within.is_column = false;
  switch (type->id()) {
    case Type::NA:
      // What DuckDB makes of it in the end; those of an array beyond a vector are lost on the way.
      return place.is_in_array ? arrow::int32() : type;
    case Type::DICTIONARY:
      return PlainDictionary(type, place);
    case Type::EXTENSION:
      return PlainExtension(type, within);
    case Type::RUN_END_ENCODED:
      return PlainType(static_cast<const arrow::RunEndEncodedType&>(*type).value_type(), within);
    case Type::LIST:
    case Type::LARGE_LIST:
    case Type::LIST_VIEW:
    case Type::LARGE_LIST_VIEW:
    case Type::FIXED_SIZE_LIST:
    case Type::MAP:
      return PlainList(type, within);
    case Type::SPARSE_UNION:
      return PlainUnion(type, within);
    case Type::STRUCT: {
      const auto fields = PlainFields(*type, within);
      return IsChanged(fields, type->fields()) ? arrow::struct_(fields) : type;
    }
    default:
      return PlainTimeTypeOf(type);
  }
}

bool IsPlain(const arrow::DataType& type) {
  if (type.id() == Type::EXTENSION) return !IsDuckDbsOwn(type);
  // DuckDB has no mapping for those.
  if (type.id() == Type::DENSE_UNION) return true;
  return IsPlainTime(type) && std::ranges::all_of(type.fields(), [](const FieldPtr& field) {
           return IsPlain(*field->type());
         });
}

Result<ArrayPtr> FromDictionary(const ArrayPtr& array, const TypePtr& type) {
  const auto& dictionary = static_cast<const arrow::DictionaryArray&>(*array);
  ARROW_ASSIGN_OR_RAISE(auto values, ToPlain(dictionary.dictionary(), type));
  ARROW_ASSIGN_OR_RAISE(auto gatherer, Gatherer::Of(values));
  for (int64_t i = 0; i < array->length(); ++i) {
    ARROW_RETURN_NOT_OK(dictionary.IsNull(i) ? gatherer.AppendNull()
                                             : gatherer.Append(dictionary.GetValueIndex(i), 1));
  }
  return gatherer.Finish();
}

template <typename RunEnd>
Status GatherRuns(const arrow::RunEndEncodedArray& array, Gatherer& gatherer) {
  const auto* ends = array.run_ends()->data()->GetValues<RunEnd>(1);
  const int64_t end = array.offset() + array.length();
  int64_t row = array.offset();
  for (int64_t run = array.FindPhysicalOffset(); row < end; ++run) {
    const int64_t run_end = std::min<int64_t>(ends[run], end);
    ARROW_RETURN_NOT_OK(gatherer.Repeat(run, run_end - row));
    row = run_end;
  }
  return Status::OK();
}

Result<ArrayPtr> FromRuns(const ArrayPtr& array, const TypePtr& type) {
  const auto& runs = static_cast<const arrow::RunEndEncodedArray&>(*array);
  ARROW_ASSIGN_OR_RAISE(auto values, ToPlain(runs.values(), type));
  ARROW_ASSIGN_OR_RAISE(auto gatherer, Gatherer::Of(values));
  switch (runs.run_ends()->type_id()) {
    case Type::INT16:
      ARROW_RETURN_NOT_OK(GatherRuns<int16_t>(runs, gatherer));
      break;
    case Type::INT32:
      ARROW_RETURN_NOT_OK(GatherRuns<int32_t>(runs, gatherer));
      break;
    default:
      ARROW_RETURN_NOT_OK(GatherRuns<int64_t>(runs, gatherer));
      break;
  }
  return gatherer.Finish();
}

template <typename ListViewArray, typename ListArray>
Result<ArrayPtr> FromListView(const ArrayPtr& array, const TypePtr& type) {
  const auto& views = static_cast<const ListViewArray&>(*array);
  ARROW_ASSIGN_OR_RAISE(auto values, ToPlain(views.values(), type->field(0)->type()));
  ARROW_ASSIGN_OR_RAISE(auto gatherer, Gatherer::Of(values));
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

Result<ArrayPtr> FromBytes(const arrow::ExtensionArray& array) {
  const auto& bytes = static_cast<const arrow::Int8Array&>(*array.storage());
  arrow::BooleanBuilder builder;
  ARROW_RETURN_NOT_OK(builder.Reserve(bytes.length()));
  for (int64_t i = 0; i < bytes.length(); ++i) {
    bytes.IsNull(i) ? builder.UnsafeAppendNull() : builder.UnsafeAppend(bytes.Value(i) != 0);
  }
  return builder.Finish();
}

Result<ArrayPtr> FromExtension(const ArrayPtr& array, const TypePtr& type) {
  const auto& extension = static_cast<const arrow::ExtensionArray&>(*array);
  const std::string name = extension.extension_type()->extension_name();
  if (name == "arrow.bool8") return FromBytes(extension);
  if (type->id() != Type::EXTENSION) return ToPlain(extension.storage(), type);
  if (IsDuckDbsOwn(*type)) ARROW_RETURN_NOT_OK(CheckDuckDbsOwn(extension));
  return array;
}

// By what is a member's place, where Arrow's codes are any numbers.
Result<std::shared_ptr<arrow::Buffer>> PlacesFor(const arrow::ArrayData& data) {
  const auto& codes = static_cast<const arrow::UnionType&>(*data.type).type_codes();
  const auto& buffer = data.buffers[1];
  if (codes == PlacesOf(*data.type) || buffer == nullptr) return buffer;
  std::array<int8_t, arrow::UnionType::kMaxTypeCode + 1> places{};
  for (size_t i = 0; i < codes.size(); ++i) {
    places[static_cast<size_t>(codes[i])] = static_cast<int8_t>(i);
  }
  arrow::TypedBufferBuilder<int8_t> builder;
  ARROW_RETURN_NOT_OK(builder.Reserve(buffer->size()));
  for (int64_t i = 0; i < buffer->size(); ++i) {
    // What is outside of a slice may be any byte.
    const auto code = static_cast<int8_t>(buffer->data()[i]);
    builder.UnsafeAppend(code < 0 ? int8_t{0} : places[static_cast<size_t>(code)]);
  }
  return builder.Finish();
}

Result<ArrayPtr> WithPlainChildren(const arrow::Array& array, const TypePtr& type) {
  auto data = array.data()->Copy();
  if (data->type->id() == Type::SPARSE_UNION) {
    ARROW_ASSIGN_OR_RAISE(data->buffers[1], PlacesFor(*data));
  }
  data->type = type;
  for (int i = 0; i < type->num_fields(); ++i) {
    auto& child = data->child_data[static_cast<size_t>(i)];
    const auto& field = *type->field(i);
    auto plain = ToPlain(arrow::MakeArray(child), field.type());
    if (!plain.ok()) return WithContext("'" + field.name() + "'", plain.status());
    child = (*plain)->data();
  }
  return arrow::MakeArray(data);
}

}  // namespace

FieldPtr PlainColumn(const FieldPtr& field) {
  return PlainField(field, {.is_column = true, .is_in_list = false});
}

bool IsPlain(const arrow::Field& plain, const arrow::Field& field) {
  return plain.type() == field.type() && IsPlain(*field.type());
}

Result<ArrayPtr> ToPlain(const ArrayPtr& array, const TypePtr& type) {
  if (array->type() == type && IsPlain(*type)) return array;
  switch (array->type_id()) {
    case Type::NA:
      return arrow::MakeArrayOfNull(type, array->length());
    case Type::DICTIONARY:
      return FromDictionary(array, type);
    case Type::RUN_END_ENCODED:
      return FromRuns(array, type);
    case Type::EXTENSION:
      return FromExtension(array, type);
    case Type::LIST_VIEW:
      return FromListView<arrow::ListViewArray, arrow::ListArray>(array, type);
    case Type::LARGE_LIST_VIEW:
      return FromListView<arrow::LargeListViewArray, arrow::LargeListArray>(array, type);
    default:
      return array->num_fields() > 0 ? WithPlainChildren(*array, type) : PlainTimes(array);
  }
}

}  // namespace arrowport::engine
