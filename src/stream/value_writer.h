#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <arrow/array/array_base.h>
#include <arrow/type.h>

#include "base/error.h"

namespace arrowport::stream {

/// Writes the values of one column, or of one child of a nested column, as text. Made once for a
/// type and bound to the array of each batch in turn. One thread at a time.
class ValueWriter {
 public:
  virtual ~ValueWriter() = default;

  /// From now on rows are those of `array`, which is of the writer's type and stays alive.
  virtual void Bind(const arrow::Array& array) = 0;

  /// Whether there is no value, also where the null stands in a dictionary, run or union's child.
  [[nodiscard]] virtual bool IsNull(int64_t row) const { return array_->IsNull(row); }

  /// The value, which is not null, as JSON.
  virtual void AppendJson(int64_t row, std::string* out) const = 0;

  /// The value, which is not null, as bare text: JSON without the quotes of a string.
  virtual void AppendText(int64_t row, std::string* out) const = 0;

  /// Whether a value's text may hold any character, instead of only those of numbers and dates.
  [[nodiscard]] virtual bool has_free_text() const { return false; }

  /// AppendJson, or `null`.
  void AppendJsonOrNull(int64_t row, std::string* out) const {
    if (IsNull(row)) {
      out->append("null");
    } else {
      AppendJson(row, out);
    }
  }

 protected:
  const arrow::Array* array_ = nullptr;
};

/// The writer for values of `type`; every Arrow type has one.
Result<std::unique_ptr<ValueWriter>> MakeValueWriter(const std::shared_ptr<arrow::DataType>& type);

/// The part of MakeValueWriter that does lists, structs, maps, unions, dictionaries and runs.
Result<std::unique_ptr<ValueWriter>> MakeNestedValueWriter(
    const std::shared_ptr<arrow::DataType>& type);

}  // namespace arrowport::stream
