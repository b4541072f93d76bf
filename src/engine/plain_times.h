#pragma once

#include <memory>

#include <arrow/array.h>
#include <arrow/type.h>

#include "base/error.h"

namespace arrowport::engine {

/// The type of times that DuckDB has a place for: microseconds for durations and for timestamps
/// with a zone, days for dates, and months, days and nanoseconds for intervals of days and
/// milliseconds. Other types, and those that are so already, as they are.
std::shared_ptr<arrow::DataType> PlainTimeTypeOf(const std::shared_ptr<arrow::DataType>& type);

/// Whether values of `type` may need PlainTimes, even where the type stays.
bool IsPlainTime(const arrow::DataType& type);

/// `times` as PlainTimeTypeOf its type. What is finer than a microsecond is rounded down, towards
/// the past, also in intervals.
/// \return kInvalidInput for a value that has no place in DuckDB, by its place in `times`.
Result<std::shared_ptr<arrow::Array>> PlainTimes(const std::shared_ptr<arrow::Array>& times);

}  // namespace arrowport::engine
