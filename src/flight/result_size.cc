#include "flight/result_size.h"

#include <cstdint>

#include <arrow/type.h>
#include <arrow/type_traits.h>

namespace arrowport::flight {
namespace {

constexpr int64_t kBitsPerByte = 8;

}  // namespace

int64_t ValueBytesOf(const arrow::Schema& schema, int64_t rows) {
  if (rows < 0) return -1;
  int64_t bytes = 0;
  for (const auto& field : schema.fields()) {
    const arrow::DataType& type = *field->type();
    // A dictionary's values come on top of its indices.
    if (!arrow::is_fixed_width(type.id()) || type.id() == arrow::Type::DICTIONARY) return -1;
    bytes += (rows * type.bit_width() + kBitsPerByte - 1) / kBitsPerByte;
  }
  return bytes;
}

}  // namespace arrowport::flight
