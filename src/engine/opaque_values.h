#pragma once

#include <arrow/array.h>
#include <arrow/type.h>

#include "base/error.h"

namespace arrowport::engine {

/// Whether values of `type`, an extension type, are DuckDB's own bytes (BIT, BIGNUM, TIME WITH TIME
/// ZONE), which it takes without a look and trips over later.
bool IsDuckDbsOwn(const arrow::DataType& type);

/// Looks at each value of an array of such a type.
/// \return kInvalidInput for one that is no value of it, by its place in the array.
Status CheckDuckDbsOwn(const arrow::ExtensionArray& values);

}  // namespace arrowport::engine
