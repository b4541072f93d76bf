#pragma once

#include <memory>

#include <arrow/array.h>
#include <arrow/type.h>

#include "base/error.h"

namespace arrowport::engine {

/// A column as DuckDB's scan reads it right: `field` with plain values in place of run ends, of
/// dictionaries within other types or of values that are not flat; lists for list views; storage
/// for extension types that DuckDB does not know; times as PlainTimeTypeOf has them; the members of
/// unions numbered by their place; and bytes for geometries within lists. A dictionary of flat
/// values that is a column stays one.
std::shared_ptr<arrow::Field> PlainColumn(const std::shared_ptr<arrow::Field>& field);

/// Whether values of `field` pass as they are, when `plain` is PlainColumn of it.
bool IsPlain(const arrow::Field& plain, const arrow::Field& field);

/// The values of `array` as `type`, which PlainColumn made of its type. Copies what changes and
/// shares the rest.
/// \return kTooLarge over limits::kPlainColumnBytesMax; kInvalidInput for a value that DuckDB has
/// no place for, by its place.
Result<std::shared_ptr<arrow::Array>> ToPlain(const std::shared_ptr<arrow::Array>& array,
                                              const std::shared_ptr<arrow::DataType>& type);

}  // namespace arrowport::engine
