#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "cli/bench_run.h"
#include "cli/machine.h"
#include "cli/terminal.h"

namespace arrowport::cli {

/// What a run was made on and with.
struct BenchSetting {
  std::string versions;  ///< Of arrowport and of all that take part.
  Machine machine = {};
  std::string date = {};                  ///< "2026-01-31"
  std::string command = {};               ///< As it was typed.
  std::vector<std::string> missing = {};  ///< Lines that say who does not take part.
  double scale = 1;
  int rounds = 0;
};

/// The figures of one work, as texts.
struct FigureTable {
  std::vector<std::string> titles;             ///< The first is of the contenders' names.
  std::vector<std::vector<std::string>> rows;  ///< As many cells each as there are titles.
  std::vector<std::string> failures;           ///< Lines that say why there is no row of somebody.
};

/// Medians, ranges, and ratios of medians to DuckDB in process; of loads also the time that only
/// one answer in a hundred exceeds, alone and beside the median, and ratios of answers a second.
FigureTable FiguresOf(const BenchWorkResult& result);

/// What it is: "SELECT * FROM lineitem: 1,000 rows, 8.00 kB".
std::string WorkText(const BenchWorkResult& result);

/// The figures of one work as a table for people.
std::string WorkTable(const BenchWorkResult& result, const Terminal& terminal);

/// What the columns mean, once for all tables.
std::string TableLegend();

/// Everything with every sample, as JSON.
std::string ReportJson(const BenchSetting& setting, const std::vector<BenchWorkResult>& results);

}  // namespace arrowport::cli
