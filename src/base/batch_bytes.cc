#include "base/batch_bytes.h"

#include <algorithm>
#include <cstdint>
#include <optional>

#include <arrow/array/data.h>
#include <arrow/array/util.h>
#include <arrow/type_traits.h>
#include <arrow/util/byte_size.h>

#include "base/limits.h"

namespace arrowport {
namespace {

// Arrow 26 follows the references of a union into its buffer of type ids without looking whether it
// is there; one without values needs none, and comes over the wire without. Of a dense one it reads
// behind the values of its members.
bool CannotBeFollowed(const arrow::ArrayData& data) {
  const arrow::Type::type id = data.type->id();
  if (id == arrow::Type::DENSE_UNION) return true;
  if (id == arrow::Type::SPARSE_UNION) {
    const auto from = data.buffers.begin() + 1;
    if (std::any_of(from, data.buffers.end(), [](const auto& buffer) { return !buffer; })) {
      return true;
    }
  }
  if (data.dictionary != nullptr && CannotBeFollowed(*data.dictionary)) return true;
  return std::ranges::any_of(data.child_data,
                             [](const auto& child) { return CannotBeFollowed(*child); });
}

constexpr int64_t kBitsPerByte = 8;

int64_t BytesForBits(int64_t bits) { return (bits + kBitsPerByte - 1) / kBitsPerByte; }

template <typename Offset>
int64_t BytesOfStrings(const arrow::ArrayData& data) {
  const auto* offsets = data.GetValues<Offset>(1);
  // Without values there need not be any offsets, however the buffer is there.
  if (offsets == nullptr || data.length == 0) return 0;
  return (data.length + 1) * static_cast<int64_t>(sizeof(Offset)) + offsets[data.length] -
         offsets[0];
}

// Of the types that most columns have. To ask Arrow builds arrays of the parts, which takes longer
// than to land a row.
std::optional<int64_t> BytesOfCommon(const arrow::ArrayData& data) {
  if (!data.child_data.empty() || data.dictionary != nullptr) return std::nullopt;
  const bool has_validity = data.buffers[0] != nullptr;
  const int64_t validity = has_validity ? BytesForBits(data.length) : 0;
  const arrow::Type::type id = data.type->id();
  if (id == arrow::Type::STRING || id == arrow::Type::BINARY) {
    return validity + BytesOfStrings<int32_t>(data);
  }
  if (id == arrow::Type::LARGE_STRING || id == arrow::Type::LARGE_BINARY) {
    return validity + BytesOfStrings<int64_t>(data);
  }
  if (!arrow::is_primitive(id) && !arrow::is_decimal(id)) return std::nullopt;
  return validity + BytesForBits(data.length * data.type->bit_width());
}

}  // namespace

int64_t BytesOf(const arrow::RecordBatch& batch) {
  int64_t bytes = 0;
  for (const auto& column : batch.column_data()) {
    const auto common = BytesOfCommon(*column);
    bytes += common ? *common : BytesOf(*arrow::MakeArray(column));
  }
  return bytes;
}

int64_t BytesOf(const arrow::Array& array) {
  if (const auto bytes = BytesOfCommon(*array.data())) return *bytes;
  if (!CannotBeFollowed(*array.data())) {
    const auto referenced = arrow::util::ReferencedBufferSize(array);
    if (referenced.ok()) return *referenced;
  }
  // What cannot be followed counts in full.
  return arrow::util::TotalBufferSize(array);
}

int64_t RowGroupPart(const arrow::RecordBatch& batch, int64_t bytes_max) {
  const int64_t bytes_per_row = BytesOf(batch) / batch.num_rows() + 1;
  int64_t rows = limits::kMorselRows;
  while (rows > 1 && rows * bytes_per_row > bytes_max) rows /= 2;
  return rows;
}

}  // namespace arrowport
