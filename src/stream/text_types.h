#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include <arrow/array.h>
#include <arrow/type.h>

#include "base/error.h"

namespace arrowport::stream {

/// The types that the columns of a table have, by name without regard to ASCII case.
class ColumnTypes {
 public:
  /// `table` may be null: then none is known.
  explicit ColumnTypes(const std::shared_ptr<arrow::Schema>& table);

  /// Null for a column that is not known.
  [[nodiscard]] std::shared_ptr<arrow::DataType> Find(std::string_view name) const;

 private:
  std::unordered_map<std::string, std::shared_ptr<arrow::DataType>> types_;
};

/// The type that Arrow's CSV reader is told for a column that is to become a `wanted`: text where
/// the reader does not make such values itself.
std::shared_ptr<arrow::DataType> CsvTypeFor(const std::shared_ptr<arrow::DataType>& wanted);

/// The same for Arrow's JSON reader; null where the value's own form has to decide.
std::shared_ptr<arrow::DataType> JsonTypeFor(const std::shared_ptr<arrow::DataType>& wanted);

/// `column`, which was read as one of the types above, as a `wanted`: dates and times from ISO
/// 8601, binaries from base64. What there is no such way for is left as text, for others to judge.
/// \return kInvalidInput for a value that cannot be one.
Result<std::shared_ptr<arrow::Array>> FromText(const std::shared_ptr<arrow::Array>& column,
                                               const std::shared_ptr<arrow::DataType>& wanted);

}  // namespace arrowport::stream
