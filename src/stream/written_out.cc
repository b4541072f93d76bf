#include "stream/written_out.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <arrow/array/data.h>
#include <arrow/extension_type.h>
#include <arrow/type.h>

#include "base/error.h"

namespace arrowport::stream {
namespace {

using arrow::ArrayData;

const arrow::DataType& StorageOf(const arrow::DataType& type) {
  if (type.id() != arrow::Type::EXTENSION) return type;
  return StorageOf(*static_cast<const arrow::ExtensionType&>(type).storage_type());
}

template <typename Offset>
std::vector<int64_t> LengthsByOffsets(const ArrayData& values) {
  std::vector<int64_t> lengths(static_cast<size_t>(values.length));
  const auto* const offsets = values.GetValues<Offset>(1);
  for (size_t i = 0; i < lengths.size(); ++i) lengths[i] = offsets[i + 1] - offsets[i];
  return lengths;
}

std::vector<int64_t> LengthsOfViews(const ArrayData& values) {
  std::vector<int64_t> lengths(static_cast<size_t>(values.length));
  const auto* const views = values.GetValues<arrow::BinaryViewType::c_type>(1);
  for (size_t i = 0; i < lengths.size(); ++i) {
    // What a null has there means nothing.
    if (values.IsValid(static_cast<int64_t>(i))) lengths[i] = views[i].size();
  }
  return lengths;
}

// Of the values of a dictionary; none where values of the type have no length of their own.
std::vector<int64_t> LengthsOf(const ArrayData& values) {
  if (values.length == 0) return {};
  switch (StorageOf(*values.type).id()) {
    case arrow::Type::STRING:
    case arrow::Type::BINARY:
      return LengthsByOffsets<int32_t>(values);
    case arrow::Type::LARGE_STRING:
    case arrow::Type::LARGE_BINARY:
      return LengthsByOffsets<int64_t>(values);
    case arrow::Type::STRING_VIEW:
    case arrow::Type::BINARY_VIEW:
      return LengthsOfViews(values);
    default:
      return {};
  }
}

/// Adds up, and stops when it is too much.
class Sum {
 public:
  explicit Sum(int64_t bytes_max) : bytes_left_(bytes_max) {}

  void Add(int64_t bytes) { bytes_left_ -= std::min(bytes, bytes_left_ + 1); }
  [[nodiscard]] bool is_over() const { return bytes_left_ < 0; }

 private:
  int64_t bytes_left_;
};

template <typename Index>
void AddIndexed(const ArrayData& data, const std::vector<int64_t>& lengths, Sum* sum) {
  const auto* const indices = data.GetValues<Index>(1);
  for (int64_t i = 0; i < data.length && !sum->is_over(); ++i) {
    if (data.IsValid(i)) sum->Add(lengths[static_cast<size_t>(indices[i])]);
  }
}

void AddDictionary(const ArrayData& data, Sum* sum) {
  const std::vector<int64_t> lengths = LengthsOf(*data.dictionary);
  if (lengths.empty()) return;
  const auto& type = static_cast<const arrow::DictionaryType&>(StorageOf(*data.type));
  switch (type.bit_width()) {
    case 8:
      return AddIndexed<uint8_t>(data, lengths, sum);
    case 16:
      return AddIndexed<uint16_t>(data, lengths, sum);
    case 32:
      return AddIndexed<uint32_t>(data, lengths, sum);
    default:
      return AddIndexed<uint64_t>(data, lengths, sum);
  }
}

void AddColumn(const ArrayData& data, Sum* sum) {
  const arrow::Type::type id = StorageOf(*data.type).id();
  if (id == arrow::Type::DICTIONARY) return AddDictionary(data, sum);
  if (id == arrow::Type::STRING_VIEW || id == arrow::Type::BINARY_VIEW) {
    for (const int64_t length : LengthsOfViews(data)) sum->Add(length);
  }
  for (const auto& child : data.child_data) AddColumn(*child, sum);
}

}  // namespace

Status CheckWrittenOut(const arrow::RecordBatch& batch, int64_t bytes_max) {
  Sum sum(bytes_max);
  for (int i = 0; i < batch.num_columns(); ++i) {
    AddColumn(*batch.column_data(i), &sum);
    if (!sum.is_over()) continue;
    return MakeError(ErrorKind::kTooLarge,
                     "column '" + batch.column_name(i) + "': its values take more than " +
                         std::to_string(bytes_max) +
                         " bytes when each is written out; send smaller batches");
  }
  return Status::OK();
}

}  // namespace arrowport::stream
