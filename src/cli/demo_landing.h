#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "cli/contender.h"
#include "cli/row_set.h"

namespace arrowport::cli {

/// A contender of the demo, and the table that it lands a row set in.
struct DemoWay {
  std::string name;          ///< "HTTP"
  std::string table_ending;  ///< "_flight": the table is "flights_flight".
  Contender& contender;
  bool is_reference;  ///< DuckDB in process: what the others stand beside.
};

/// What one way took for one row set.
struct DemoTiming {
  std::string rows_name;
  std::string way;
  Sample sample;
  double reference_seconds = 0;
};

/// Lands each row set by every way, and checks that all of it is there.
Result<std::vector<DemoTiming>> LandAll(const std::vector<DemoWay>& ways,
                                        const std::vector<RowSet>& row_sets);

/// Reads each of them back by every way, whole.
Result<std::vector<DemoTiming>> ReadAll(const std::vector<DemoWay>& ways,
                                        const std::vector<RowSet>& row_sets);

/// The timings as a table of at most 80 columns.
std::string TimingTable(const std::vector<DemoTiming>& timings);

}  // namespace arrowport::cli
