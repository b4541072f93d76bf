#include "cli/bench_report.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "cli/bench_names.h"
#include "cli/bench_run.h"
#include "cli/figures.h"
#include "cli/machine.h"
#include "cli/terminal.h"
#include "cli/text_table.h"

namespace arrowport::cli {
namespace {

using Json = nlohmann::ordered_json;

// What contenders are compared by: the time, or of a load the answers a second.
double ComparedBy(const BenchWorkResult& work, const BenchResult& result) {
  return IsLoad(work.work.kind) ? MedianPerSecond(result) : MedianSeconds(result);
}

std::optional<double> RatioTo(const char* reference, const BenchWorkResult& work,
                              const BenchResult& result) {
  for (const BenchResult& one : work.results) {
    const double figure = ComparedBy(work, one);
    if (one.contender == reference && figure > 0) return ComparedBy(work, result) / figure;
  }
  return std::nullopt;
}

std::string RatioText(const char* reference, const BenchWorkResult& work,
                      const BenchResult& result) {
  const auto ratio = RatioTo(reference, work, result);
  return ratio.has_value() ? Ratio(*ratio) : "";
}

// A few large puts a second are told with their fractions.
std::string RateText(double per_second) {
  constexpr double kCountedFrom = 100;
  return per_second < kCountedFrom ? Ratio(per_second) : Count(std::llround(per_second));
}

std::string TailText(const BenchResult& result) {
  const double median = MedianSeconds(result);
  return median > 0 ? Ratio(MedianP99Seconds(result) / median) : "";
}

int64_t ServerPeakBytes(const BenchResult& result) {
  int64_t peak = 0;
  for (const BenchSample& sample : result.samples) peak = std::max(peak, sample.server_peak_bytes);
  return peak;
}

std::pair<double, double> RangeOf(const BenchResult& result) {
  const auto [least, most] = std::ranges::minmax_element(
      result.samples, {}, [](const BenchSample& sample) { return sample.sample.seconds; });
  return {least->sample.seconds, most->sample.seconds};
}

Json SampleJson(const BenchSample& sample) {
  Json json = {{"round", sample.round}, {"seconds", sample.sample.seconds}};
  if (sample.sample.per_second > 0) {
    json["p99_seconds"] = sample.sample.p99_seconds;
    json["per_second"] = sample.sample.per_second;
  }
  if (sample.sample.wire_bytes > 0) json["wire_bytes"] = sample.sample.wire_bytes;
  if (sample.server_peak_bytes > 0) {
    json["server_cpu_seconds"] = sample.server_cpu_seconds;
    json["server_peak_bytes"] = sample.server_peak_bytes;
  }
  return json;
}

Json ResultJson(const BenchResult& result, const BenchWorkResult& work) {
  Json json = {{"contender", result.contender}};
  if (!result.failure.empty()) json["failure"] = result.failure;
  json["median_seconds"] = MedianSeconds(result);
  if (IsLoad(work.work.kind)) json["median_per_second"] = MedianPerSecond(result);
  for (const auto& [key, name] : {std::pair{"ratio_to_duckdb_cpp", kReferenceCpp},
                                  std::pair{"ratio_to_duckdb_python", kReferencePython}}) {
    const std::optional<double> ratio = RatioTo(name, work, result);
    if (ratio.has_value()) json[key] = *ratio;
  }
  json["samples"] = Json::array();
  for (const BenchSample& sample : result.samples) json["samples"].push_back(SampleJson(sample));
  return json;
}

Json MachineJson(const Machine& machine) {
  return {{"processor", machine.processor},
          {"cores", machine.cores},
          {"memory_bytes", machine.memory_bytes},
          {"system", machine.system}};
}

}  // namespace

FigureTable FiguresOf(const BenchWorkResult& result) {
  const bool load = IsLoad(result.work.kind);
  FigureTable table;
  table.titles = {"by", load ? "p50" : "median"};
  if (load) table.titles.insert(table.titles.end(), {"p99", "p99/p50", "per s"});
  if (result.work.shows_wire) table.titles.emplace_back("sent");
  table.titles.insert(table.titles.end(), {"min", "max", "x C++", "x Py", "CPU", "peak"});
  for (const BenchResult& one : result.results) {
    if (!one.failure.empty()) table.failures.push_back(one.failure);
    if (one.samples.empty() || !one.failure.empty()) continue;
    const auto [least, most] = RangeOf(one);
    const int64_t peak = ServerPeakBytes(one);
    std::vector<std::string> row = {one.contender, Seconds(MedianSeconds(one))};
    if (load) {
      row.push_back(Seconds(MedianP99Seconds(one)));
      row.push_back(TailText(one));
      row.push_back(RateText(MedianPerSecond(one)));
    }
    if (result.work.shows_wire) {
      const int64_t sent = one.samples.front().sample.wire_bytes;
      row.push_back(sent > 0 ? Bytes(static_cast<double>(sent)) : "");
    }
    row.push_back(Seconds(least));
    row.push_back(Seconds(most));
    row.push_back(RatioText(kReferenceCpp, result, one));
    row.push_back(RatioText(kReferencePython, result, one));
    row.push_back(peak > 0 ? Seconds(MeanServerCpuSeconds(one)) : "");
    row.push_back(peak > 0 ? Bytes(static_cast<double>(peak)) : "");
    table.rows.push_back(std::move(row));
  }
  return table;
}

std::string WorkText(const BenchWorkResult& result) {
  if (result.work.kind == BenchKind::kPointLoad) return result.work.what;
  return result.work.what + ": " + Plural(result.rows, "row") + ", " +
         Bytes(static_cast<double>(result.bytes));
}

std::string WorkTable(const BenchWorkResult& result, const Terminal& terminal) {
  FigureTable figures = FiguresOf(result);
  TextTable table;
  for (const std::string& title : figures.titles) {
    table.columns.push_back(
        {.title = title, .align = table.columns.empty() ? Align::kLeft : Align::kRight});
  }
  table.rows = std::move(figures.rows);
  std::string text = Painted(terminal, Paint::kBold, result.work.name) + "  " + WorkText(result) +
                     "\n" + Render(table, terminal).text;
  for (const std::string& failure : figures.failures) text += "failed: " + failure + "\n";
  return text;
}

std::string TableLegend() {
  return "x C++, x Py: median beside DuckDB in a C++ and in a Python process; below 1 is faster.\n"
         "  Of point queries and of puts by many clients: answers a second beside DuckDB's; above "
         "1 "
         "is more.\n"
         "p99/p50: how much longer than the median the slowest hundredth waits at least.\n"
         "CPU, peak: the server's processor time for one, and its most memory at one time.\n";
}

std::string ReportJson(const BenchSetting& setting, const std::vector<BenchWorkResult>& results) {
  Json json = {{"versions", setting.versions},
               {"machine", MachineJson(setting.machine)},
               {"missing", setting.missing},
               {"scale", setting.scale},
               {"rounds", setting.rounds}};
  json["works"] = Json::array();
  for (const BenchWorkResult& result : results) {
    Json work = {{"name", result.work.name},
                 {"what", result.work.what},
                 {"rows", result.rows},
                 {"bytes", result.bytes},
                 {"puts_per_sample", result.work.puts}};
    work["results"] = Json::array();
    for (const BenchResult& one : result.results) {
      work["results"].push_back(ResultJson(one, result));
    }
    json["works"].push_back(std::move(work));
  }
  return json.dump(2) + "\n";
}

}  // namespace arrowport::cli
