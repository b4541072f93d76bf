#pragma once

#include <memory>
#include <vector>

#include <arrow/scalar.h>
#include <nlohmann/json_fwd.hpp>

#include "base/error.h"

namespace arrowport::service {

/// The values of a statement's parameters from a JSON array: null, booleans, strings, and numbers,
/// which are int64, uint64 beyond that, or double.
/// \return kInvalidInput that names the value which is none of these.
Result<std::vector<std::shared_ptr<arrow::Scalar>>> ReadParameters(const nlohmann::json& values);

}  // namespace arrowport::service
