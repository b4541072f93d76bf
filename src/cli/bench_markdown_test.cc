#include "cli/bench_markdown.h"

#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "cli/bench_names.h"
#include "cli/bench_report.h"
#include "cli/bench_run.h"

namespace arrowport::cli {
namespace {

BenchWorkResult ReadAll() {
  BenchWorkResult work;
  work.work.name = kReadAll;
  work.work.what = "SELECT 1 | 2";
  work.rows = 6;
  work.bytes = 48;
  for (const auto& [by, seconds] :
       {std::pair{kReferencePython, 2.0}, std::pair{kHttpPython, 1.0}}) {
    BenchSample sample;
    sample.sample.seconds = seconds;
    work.results.push_back({by, {sample}});
  }
  return work;
}

BenchSetting Setting() {
  BenchSetting setting;
  setting.versions = "arrowport 1, DuckDB 2";
  setting.machine = {
      .processor = "A processor", .cores = 2, .memory_bytes = 8'000'000'000, .system = "Linux 6"};
  setting.date = "2026-01-31";
  setting.command = "arrowport bench";
  setting.missing = {"quack Py does not take part: it is not here"};
  setting.rounds = 5;
  return setting;
}

TEST(BenchMarkdownTest, TellsTheMachineTheVersionsTheCommandAndWhoIsMissing) {
  const std::string page = ReportMarkdown(Setting(), {ReadAll()});
  EXPECT_TRUE(
      page.starts_with("# Benchmarks\n\n"
                       "Written by `./dev bench` on 2026-01-31; not by hand.\n\n"
                       "- Machine: A processor, 2 cores, 8.00 GB of memory, Linux 6\n"
                       "- Versions: arrowport 1, DuckDB 2\n"
                       "- Command: `arrowport bench`: 5 rounds, TPC-H scale 1\n"
                       "- quack Py does not take part: it is not here\n"))
      << page;
}

TEST(BenchMarkdownTest, HasATableForEachWorkAndOneForTheLimits) {
  const std::string page = ReportMarkdown(Setting(), {ReadAll()});
  EXPECT_NE(
      page.find("| what | limit | measured | held |\n|---|--:|--:|--:|\n"
                "| read all, time: HTTP Py beside DuckDB Py | at most 0.75 × | 0.50 × | yes |"),
      std::string::npos)
      << page;
  EXPECT_NE(page.find("## read all\n\nSELECT 1 | 2: 6 rows, 48 B\n\n"
                      "| by | median | min | max | x C++ | x Py | CPU | peak |\n"
                      "|---|--:|--:|--:|--:|--:|--:|--:|\n"
                      "| DuckDB Py | 2.00 s | 2.00 s | 2.00 s |  | 1.00 |  |  |\n"
                      "| HTTP Py | 1.00 s | 1.00 s | 1.00 s |  | 0.50 |  |  |\n"),
            std::string::npos)
      << page;
}

}  // namespace
}  // namespace arrowport::cli
