#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "cli/bench_run.h"
#include "cli/terminal.h"

namespace arrowport::cli {

/// What a run was made on and with.
struct BenchSetting {
  std::string versions;  ///< Of arrowport, DuckDB, Arrow, and Python's where it took part.
  double scale = 1;
  int rounds = 0;
};

/// The contenders that others are compared with.
inline constexpr const char* kReferenceCpp = "DuckDB C++";
inline constexpr const char* kReferencePython = "DuckDB Py";

/// A table for one work: medians, ranges, and ratios of medians to DuckDB in process.
std::string WorkTable(const BenchWorkResult& result, const Terminal& terminal);

/// What the columns mean, once for all tables.
std::string TableLegend();

/// Everything with every sample, as JSON.
std::string ReportJson(const BenchSetting& setting, const std::vector<BenchWorkResult>& results);

}  // namespace arrowport::cli
