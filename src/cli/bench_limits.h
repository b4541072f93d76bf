#pragma once

#include <string>
#include <vector>

#include "cli/bench_run.h"

namespace arrowport::cli {

/// One promise about speed, beside others in the same run.
struct LimitResult {
  std::string what;      ///< "read all: HTTP Py beside DuckDB Py"
  std::string limit;     ///< "at most 0.75 x"
  std::string measured;  ///< "0.53 x"
  bool held = false;
};

/// Holds medians against what arrowport promises itself. A promise about somebody who took no part
/// is left out.
std::vector<LimitResult> CheckLimits(const std::vector<BenchWorkResult>& results);

}  // namespace arrowport::cli
