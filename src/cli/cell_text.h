#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <arrow/array.h>
#include <arrow/type.h>

namespace arrowport::cli {

/// What stands for null. The text of these letters is shown in quotes, so that it is another one.
inline constexpr std::string_view kNullText = "NULL";

/// The value at `row` as people read it, fit for one line. Lists are [1, 2], structs {a: 1}, maps
/// {k: v}, binaries hexadecimal, intervals "1 year 2 days 03:00:00". A text that is very long ends
/// with "…".
std::string CellText(const arrow::Array& array, int64_t row);

/// The name of `type` in few letters: "int64", "decimal(15, 2)", "timestamp[us]", "list<int64>".
std::string TypeText(const arrow::DataType& type);

/// Whether values of `type` are read from the right: numbers.
bool IsNumber(const arrow::DataType& type);

/// Whether values of `type` may be long, and say something without their end.
bool IsText(const arrow::DataType& type);

}  // namespace arrowport::cli
