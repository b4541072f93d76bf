#include "engine/pipeline_bytes.h"

#include <cstdint>

#include <duckdb.hpp>
#include <duckdb/execution/physical_operator.hpp>

namespace arrowport::engine {
namespace {

// Measured with DuckDB 1.5.5: 17 to 18 bytes for a pair of branches, 1 to 4 KiB for an operator.
constexpr int64_t kBytesOfOperator = 4096;
constexpr int64_t kBytesOfBranchPair = 20;

struct Counts {
  int64_t operators = 0;
  int64_t branches = 0;  ///< Of unions, each of which may have to wait for all before it.
};

void Count(const duckdb::PhysicalOperator& step, Counts* counts) {
  const auto children = step.GetChildren();
  ++counts->operators;
  if (step.type == duckdb::PhysicalOperatorType::UNION) {
    counts->branches += static_cast<int64_t>(children.size());
  }
  for (const auto& child : children) Count(child.get(), counts);
}

}  // namespace

int64_t PipelineBytes(const duckdb::PhysicalOperator& root) {
  Counts counts;
  Count(root, &counts);
  return counts.operators * kBytesOfOperator +
         counts.branches * counts.branches * kBytesOfBranchPair;
}

}  // namespace arrowport::engine
