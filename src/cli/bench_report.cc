#include "cli/bench_report.h"

#include <sys/utsname.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "cli/bench_run.h"
#include "cli/figures.h"
#include "cli/terminal.h"
#include "cli/text_table.h"

namespace arrowport::cli {
namespace {

using Json = nlohmann::ordered_json;

std::optional<double> MedianOf(const BenchWorkResult& result, const std::string& contender) {
  for (const BenchResult& one : result.results) {
    if (one.contender == contender) return MedianSeconds(one);
  }
  return std::nullopt;
}

std::string RatioText(double seconds, const std::optional<double>& reference) {
  return reference.has_value() && *reference > 0 ? Ratio(seconds / *reference) : "";
}

double ServerCpuSeconds(const BenchResult& result) {
  double sum = 0;
  for (const BenchSample& sample : result.samples) sum += sample.server_cpu_seconds;
  return sum / static_cast<double>(std::max<size_t>(result.samples.size(), 1));
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
  if (sample.server_peak_bytes > 0) {
    json["server_cpu_seconds"] = sample.server_cpu_seconds;
    json["server_peak_bytes"] = sample.server_peak_bytes;
  }
  return json;
}

Json ResultJson(const BenchResult& result, const BenchWorkResult& work) {
  const double median = MedianSeconds(result);
  Json json = {{"contender", result.contender}, {"median_seconds", median}};
  for (const auto& [key, name] : {std::pair{"ratio_to_duckdb_cpp", kReferenceCpp},
                                  std::pair{"ratio_to_duckdb_python", kReferencePython}}) {
    const std::optional<double> reference = MedianOf(work, name);
    if (reference.has_value()) json[key] = median / *reference;
  }
  json["samples"] = Json::array();
  for (const BenchSample& sample : result.samples) json["samples"].push_back(SampleJson(sample));
  return json;
}

Json MachineJson() {
  utsname system{};
  uname(&system);
  return {{"cores", std::thread::hardware_concurrency()},
          {"system", std::string(system.sysname) + " " + system.release},
          {"processor", system.machine}};
}

}  // namespace

std::string WorkTable(const BenchWorkResult& result, const Terminal& terminal) {
  TextTable table;
  table.columns = {{.title = "by"}};
  for (const char* title : {"median", "min", "max", "x C++", "x Py", "CPU", "peak"}) {
    table.columns.push_back({.title = title, .align = Align::kRight});
  }
  const auto reference_cpp = MedianOf(result, kReferenceCpp);
  const auto reference_python = MedianOf(result, kReferencePython);
  for (const BenchResult& one : result.results) {
    if (one.samples.empty()) continue;
    const double median = MedianSeconds(one);
    const auto [least, most] = RangeOf(one);
    const int64_t peak = ServerPeakBytes(one);
    table.rows.push_back({one.contender, Seconds(median), Seconds(least), Seconds(most),
                          RatioText(median, reference_cpp), RatioText(median, reference_python),
                          peak > 0 ? Seconds(ServerCpuSeconds(one)) : "",
                          peak > 0 ? Bytes(static_cast<double>(peak)) : ""});
  }
  const std::string head = Painted(terminal, Paint::kBold, result.work.name) + "  " +
                           result.work.what + ": " + Plural(result.rows, "row") + ", " +
                           Bytes(static_cast<double>(result.bytes)) + "\n";
  return head + Render(table, terminal).text;
}

std::string TableLegend() {
  return "x C++, x Py: median beside DuckDB in a C++ and in a Python process; below 1 is faster.\n"
         "CPU, peak: the server's processor time for one, and its most memory at one time.\n";
}

std::string ReportJson(const BenchSetting& setting, const std::vector<BenchWorkResult>& results) {
  Json json = {{"versions", setting.versions},
               {"machine", MachineJson()},
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
