#pragma once

#include <cstdint>
#include <memory>

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/type.h>

#include "base/error.h"

namespace arrowport::engine {

/// Picks values of an array, in any order and as often as wanted, with a bound on what they take
/// together.
class Gatherer {
 public:
  /// `values` is of a type that PlainTypeOf answers.
  static Result<Gatherer> Of(const std::shared_ptr<arrow::Array>& values);

  /// Adds `count` values from the one at `offset` on.
  /// \return kTooLarge over limits::kPlainColumnBytesMax.
  Status Append(int64_t offset, int64_t count);

  /// Adds the value at `index` so many times. Fails as Append does.
  Status Repeat(int64_t index, int64_t times);

  Status AppendNull();

  /// What was added, with the type of the values.
  Result<std::shared_ptr<arrow::Array>> Finish();

 private:
  [[nodiscard]] int64_t BytesOf(int64_t index) const;
  Status Count(int64_t bytes);

  std::shared_ptr<arrow::DataType> type_;
  std::shared_ptr<arrow::Array> values_;  // Without extension types, which have no builders.
  std::unique_ptr<arrow::ArrayBuilder> builder_;
  int64_t bytes_ = 0;
};

}  // namespace arrowport::engine
