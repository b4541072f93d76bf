#pragma once

#include <cstdint>

#include <arrow/type.h>

namespace arrowport::flight {

/// Bytes of the values of `rows` rows, as Flight's total_bytes: what Arrow needs for them, without
/// the bits that mark nulls. -1 where `rows` is, and where a column's values differ in width.
int64_t ValueBytesOf(const arrow::Schema& schema, int64_t rows);

}  // namespace arrowport::flight
