#pragma once

#include <string>
#include <vector>

#include "cli/bench_report.h"
#include "cli/bench_run.h"

namespace arrowport::cli {

/// The page that tells a run: on what, with what, by which command, how to read it, the promises
/// about speed, and a table for each work.
std::string ReportMarkdown(const BenchSetting& setting,
                           const std::vector<BenchWorkResult>& results);

}  // namespace arrowport::cli
