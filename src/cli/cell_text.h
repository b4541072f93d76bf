#pragma once

#include <cstdint>
#include <string>

#include <arrow/array.h>
#include <arrow/type.h>

namespace arrowport::cli {

/// The value at `row` as people read it, fit for one line; "NULL" for null. Lists are [1, 2],
/// structs {a: 1}, maps {k: v}, binaries hexadecimal.
std::string CellText(const arrow::Array& array, int64_t row);

/// The name of `type` in few letters: "int64", "decimal(15, 2)", "timestamp[us]", "list<int64>".
std::string TypeText(const arrow::DataType& type);

/// Whether values of `type` are read from the right: numbers.
bool IsNumber(const arrow::DataType& type);

/// Whether values of `type` may be long, and say something without their end.
bool IsText(const arrow::DataType& type);

}  // namespace arrowport::cli
