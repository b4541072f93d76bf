#pragma once

#include <memory>
#include <string>
#include <vector>

#include <arrow/scalar.h>
#include <duckdb.hpp>
#include <duckdb/planner/expression/bound_parameter_data.hpp>

#include "base/error.h"

namespace arrowport::engine {

/// `scalar` as DuckDB's value of the same type. kUnsupportedMedia for a type without a mapping.
Result<duckdb::Value> ToDuckDbValue(const arrow::Scalar& scalar);

/// `parameters` by position, as DuckDB names them: "1", "2", …
Result<duckdb::case_insensitive_map_t<duckdb::BoundParameterData>> ToDuckDbParameters(
    const std::vector<std::shared_ptr<arrow::Scalar>>& parameters);

}  // namespace arrowport::engine
