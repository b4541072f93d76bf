#include "cli/demo_landing.h"

#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "cli/contender.h"
#include "cli/figures.h"
#include "cli/progress.h"
#include "cli/row_set.h"
#include "cli/terminal.h"
#include "cli/text_table.h"

namespace arrowport::cli {
namespace {

using Work = std::function<Result<Sample>(const DemoWay& way, const RowSet& rows)>;

// Runs `work` for every row set and way; `verb` is for the line that says what is going on.
Result<std::vector<DemoTiming>> TimeAll(const std::vector<DemoWay>& ways,
                                        const std::vector<RowSet>& row_sets,
                                        const std::string& verb, const Work& work) {
  std::vector<DemoTiming> timings;
  int64_t done = 0;
  const auto all = static_cast<double>(ways.size() * row_sets.size());
  Progress progress(verb);
  for (const RowSet& rows : row_sets) {
    std::optional<double> reference_seconds;
    const size_t first = timings.size();
    for (const DemoWay& way : ways) {
      progress.Begin(rows.name + ", " + way.name,
                     {.rows = rows.rows, .bytes = 0, .fraction = static_cast<double>(done) / all});
      // Nothing that an earlier way wrote is still on its way to the disk.
      sync();
      ARROW_ASSIGN_OR_RAISE(const Sample sample, work(way, rows));
      if (sample.rows != rows.rows) {
        return MakeError(ErrorKind::kInternal, way.name + ": " + Count(sample.rows) + " of " +
                                                   Plural(rows.rows, "row") + " of " + rows.name);
      }
      if (way.is_reference) reference_seconds = sample.seconds;
      timings.push_back({.rows_name = rows.name, .way = way.name, .sample = sample});
      ++done;
    }
    for (size_t i = first; i < timings.size(); ++i) {
      timings[i].reference_seconds = reference_seconds.value_or(0);
    }
  }
  return timings;
}

// Connections, files and memory that only the first put has to pay for.
Status WarmUp(const std::vector<DemoWay>& ways, const RowSet& rows) {
  RowSet first;
  first.schema = rows.schema;
  first.batches = {rows.batches.front()};
  for (const DemoWay& way : ways) {
    const std::string table = "warm_up" + way.table_ending;
    ARROW_RETURN_NOT_OK(way.contender.Put(table, first).status());
    ARROW_RETURN_NOT_OK(way.contender.Run("DROP TABLE " + table));
  }
  return Status::OK();
}

}  // namespace

Result<std::vector<DemoTiming>> LandAll(const std::vector<DemoWay>& ways,
                                        const std::vector<RowSet>& row_sets) {
  ARROW_RETURN_NOT_OK(WarmUp(ways, row_sets.front()));
  return TimeAll(ways, row_sets, "landing", [](const DemoWay& way, const RowSet& rows) {
    return way.contender.Put(rows.name + way.table_ending, rows);
  });
}

Result<std::vector<DemoTiming>> ReadAll(const std::vector<DemoWay>& ways,
                                        const std::vector<RowSet>& row_sets) {
  return TimeAll(ways, row_sets, "reading", [](const DemoWay& way, const RowSet& rows) {
    return way.contender.Read("SELECT * FROM " + rows.name + way.table_ending);
  });
}

std::string TimingTable(const std::vector<DemoTiming>& timings) {
  TextTable table = {.columns = {{"data", "", Align::kLeft},
                                 {"by", "", Align::kLeft},
                                 {"rows", "", Align::kRight},
                                 {"time", "", Align::kRight},
                                 {"rows/s", "", Align::kRight},
                                 {"MB/s", "", Align::kRight},
                                 {"x DuckDB", "", Align::kRight}},
                     .rows = {},
                     .gap_before = {}};
  constexpr double kMega = 1e6;
  for (const DemoTiming& timing : timings) {
    const double seconds = timing.sample.seconds;
    table.rows.push_back(
        {timing.rows_name, timing.way, Count(timing.sample.rows), Seconds(seconds),
         RoughCount(static_cast<double>(timing.sample.rows) / seconds),
         Count(static_cast<int64_t>(static_cast<double>(timing.sample.bytes) / seconds / kMega)),
         Ratio(seconds / timing.reference_seconds)});
  }
  return Render(table, StandardOutput()).text;
}

}  // namespace arrowport::cli
