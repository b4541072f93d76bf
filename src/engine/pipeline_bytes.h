#pragma once

#include <cstdint>

#include <duckdb.hpp>
#include <duckdb/execution/physical_operator.hpp>

namespace arrowport::engine {

/// What DuckDB will take, about and rather less than that, to make the pipelines of the plan
/// `root`.
int64_t PipelineBytes(const duckdb::PhysicalOperator& root);

}  // namespace arrowport::engine
