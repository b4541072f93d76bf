#pragma once

#include <arrow/array.h>
#include <arrow/type.h>

#include "base/error.h"

namespace arrowport::engine {

/// Whether values of `type`, an extension type, are the bytes that DuckDB sends of types that Arrow
/// does not have (BIT, BIGNUM, HUGEINT, TIME WITH TIME ZONE), in the storage that it sends them in.
/// It takes them without a look, and trips over some later.
bool IsDuckDbsOwn(const arrow::DataType& type);

/// Looks at each value of an array of such a type.
/// \return kInvalidInput for one that is no value of it, by its place in the array.
Status CheckDuckDbsOwn(const arrow::ExtensionArray& values);

}  // namespace arrowport::engine
