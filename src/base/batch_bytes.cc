#include "base/batch_bytes.h"

#include <algorithm>
#include <cstdint>

#include <arrow/array/data.h>
#include <arrow/util/byte_size.h>

#include "base/limits.h"

namespace arrowport {
namespace {

// Arrow 26 follows the references of a union into its buffer of type ids without looking whether it
// is there; one without values needs none, and comes over the wire without.
bool HasUnionWithoutTypeIds(const arrow::ArrayData& data) {
  const arrow::Type::type id = data.type->id();
  if (id == arrow::Type::SPARSE_UNION || id == arrow::Type::DENSE_UNION) {
    const auto from = data.buffers.begin() + 1;
    if (std::any_of(from, data.buffers.end(), [](const auto& buffer) { return !buffer; })) {
      return true;
    }
  }
  return std::ranges::any_of(data.child_data,
                             [](const auto& child) { return HasUnionWithoutTypeIds(*child); });
}

}  // namespace

int64_t BytesOf(const arrow::RecordBatch& batch) {
  int64_t bytes = 0;
  for (const auto& column : batch.columns()) bytes += BytesOf(*column);
  return bytes;
}

int64_t BytesOf(const arrow::Array& array) {
  if (!HasUnionWithoutTypeIds(*array.data())) {
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
