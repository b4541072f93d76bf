#include "engine/gatherer.h"

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include <arrow/extension_type.h>

#include "base/batch_bytes.h"
#include "base/error.h"
#include "base/limits.h"

namespace arrowport::engine {
namespace {

using arrow::Type;
using ArrayDataPtr = std::shared_ptr<arrow::ArrayData>;
using TypePtr = std::shared_ptr<arrow::DataType>;

const TypePtr& StorageOf(const TypePtr& type) {
  if (type->id() != Type::EXTENSION) return type;
  return static_cast<const arrow::ExtensionType&>(*type).storage_type();
}

bool HasExtension(const TypePtr& type) {
  if (type->id() == Type::EXTENSION) return true;
  for (const auto& field : type->fields()) {
    if (HasExtension(field->type())) return true;
  }
  return false;
}

TypePtr WithoutExtensions(const TypePtr& type);

arrow::FieldVector WithoutExtensions(const arrow::FieldVector& fields) {
  arrow::FieldVector bare;
  for (const auto& field : fields)
    bare.push_back(field->WithType(WithoutExtensions(field->type())));
  return bare;
}

// Of a plain type.
TypePtr WithoutExtensions(const TypePtr& type) {
  if (!HasExtension(type)) return type;
  const TypePtr& storage = StorageOf(type);
  const auto fields = WithoutExtensions(storage->fields());
  switch (storage->id()) {
    case Type::LIST:
      return arrow::list(fields[0]);
    case Type::LARGE_LIST:
      return arrow::large_list(fields[0]);
    case Type::FIXED_SIZE_LIST:
      return arrow::fixed_size_list(
          fields[0], static_cast<const arrow::FixedSizeListType&>(*storage).list_size());
    case Type::STRUCT:
      return arrow::struct_(fields);
    case Type::MAP:
      return std::make_shared<arrow::MapType>(
          fields[0]->type()->field(0), fields[0]->type()->field(1),
          static_cast<const arrow::MapType&>(*storage).keys_sorted());
    case Type::SPARSE_UNION:
      return arrow::sparse_union(fields,
                                 static_cast<const arrow::UnionType&>(*storage).type_codes());
    default:
      return storage;
  }
}

// The same values under a type that differs in names and extensions only.
ArrayDataPtr WithType(const arrow::ArrayData& data, const TypePtr& type) {
  auto copy = data.Copy();
  copy->type = type;
  const TypePtr& storage = StorageOf(type);
  for (int i = 0; i < storage->num_fields(); ++i) {
    auto& child = copy->child_data[static_cast<size_t>(i)];
    child = WithType(*child, storage->field(i)->type());
  }
  return copy;
}

}  // namespace

Result<Gatherer> Gatherer::Of(const std::shared_ptr<arrow::Array>& values) {
  Gatherer gatherer;
  gatherer.type_ = values->type();
  gatherer.values_ = arrow::MakeArray(WithType(*values->data(), WithoutExtensions(values->type())));
  ARROW_RETURN_NOT_OK(arrow::MakeBuilder(arrow::default_memory_pool(), gatherer.values_->type(),
                                         &gatherer.builder_));
  return gatherer;
}

Status Gatherer::Append(int64_t offset, int64_t count) {
  int64_t bytes = 0;
  for (int64_t i = offset; i < offset + count; ++i) bytes += BytesOf(i);
  ARROW_RETURN_NOT_OK(Count(bytes));
  return builder_->AppendArraySlice(*values_->data(), offset, count);
}

Status Gatherer::Repeat(int64_t index, int64_t times) {
  ARROW_RETURN_NOT_OK(Count(BytesOf(index) * times));
  const arrow::ArraySpan values(*values_->data());
  for (int64_t i = 0; i < times; ++i) {
    ARROW_RETURN_NOT_OK(builder_->AppendArraySlice(values, index, 1));
  }
  return Status::OK();
}

Status Gatherer::AppendNull() {
  ++bytes_;
  return builder_->AppendNull();
}

Result<std::shared_ptr<arrow::Array>> Gatherer::Finish() {
  ARROW_ASSIGN_OR_RAISE(auto gathered, builder_->Finish());
  return arrow::MakeArray(WithType(*gathered->data(), type_));
}

Status Gatherer::Count(int64_t bytes) {
  bytes_ += bytes;
  if (bytes_ <= limits::kPlainColumnBytesMax) return Status::OK();
  return MakeError(ErrorKind::kTooLarge,
                   "its values take more than " + std::to_string(limits::kPlainColumnBytesMax) +
                       " bytes when each is written out; send fewer rows a batch");
}

// At least one byte, so that values without any are bounded as well.
int64_t Gatherer::BytesOf(int64_t index) const {
  const arrow::DataType& type = *values_->type();
  if (arrow::is_fixed_width(type)) return 1 + type.bit_width() / 8;
  return 1 + arrowport::BytesOf(*values_->Slice(index, 1));
}

}  // namespace arrowport::engine
