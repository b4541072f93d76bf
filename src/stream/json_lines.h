#pragma once

#include <memory>

#include <arrow/io/interfaces.h>

namespace arrowport::stream {

/// JSON values, in an array or one after another, as text with a value a line: the brackets and
/// commas of an outer array and line ends within values go, and nothing else changes. An array
/// that does not end fails with kInvalidInput where it stops. Constant memory.
std::shared_ptr<arrow::io::InputStream> ToJsonLines(std::shared_ptr<arrow::io::InputStream> input);

}  // namespace arrowport::stream
