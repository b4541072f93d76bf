#pragma once

#include <memory>

#include <arrow/array.h>
#include <arrow/type.h>

#include "base/error.h"

namespace arrowport::engine {

/// `type` with plain values where it has dictionaries within other types or of nested values, lists
/// where it has list views, and intervals of months, days and nanoseconds for those of days and
/// milliseconds. A dictionary of flat values that is a column stays one. The same
/// object when nothing changes.
std::shared_ptr<arrow::DataType> PlainTypeOf(const std::shared_ptr<arrow::DataType>& type,
                                             bool is_column);

/// The values of `array` as `type`, which PlainTypeOf made of its type. Copies what changes and
/// shares the rest. kTooLarge over limits::kPlainColumnBytesMax.
Result<std::shared_ptr<arrow::Array>> ToPlain(const std::shared_ptr<arrow::Array>& array,
                                              const std::shared_ptr<arrow::DataType>& type);

}  // namespace arrowport::engine
