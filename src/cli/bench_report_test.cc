#include "cli/bench_report.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli/bench_names.h"
#include "cli/bench_run.h"
#include "cli/terminal.h"

namespace arrowport::cli {
namespace {

BenchSample SampleOf(double seconds) {
  BenchSample sample;
  sample.sample = {.seconds = seconds, .rows = 1'000, .bytes = 8'000};
  return sample;
}

BenchWorkResult Reads() {
  BenchWorkResult result;
  result.work.name = "read all";
  result.work.what = "SELECT * FROM lineitem";
  result.rows = 1'000;
  result.bytes = 8'000;
  result.results = {{kReferenceCpp, {SampleOf(2), SampleOf(4), SampleOf(3)}},
                    {"HTTP C++", {SampleOf(1.5), SampleOf(9), SampleOf(1)}}};
  for (BenchSample& sample : result.results[1].samples) {
    sample.server_cpu_seconds = 0.5;
    sample.server_peak_bytes = 100'000'000;
  }
  return result;
}

constexpr Terminal kTerminal = {
    .interactive = false, .colours = false, .utf8 = true, .columns = 80};

TEST(BenchReportTest, ShowsMediansRangesAndRatios) {
  EXPECT_EQ(WorkTable(Reads(), kTerminal),
            "read all  SELECT * FROM lineitem: 1,000 rows, 8.00 kB\n"
            "┌────────────┬────────┬────────┬────────┬───────┬──────┬────────┬────────┐\n"
            "│ by         │ median │    min │    max │ x C++ │ x Py │    CPU │   peak │\n"
            "├────────────┼────────┼────────┼────────┼───────┼──────┼────────┼────────┤\n"
            "│ DuckDB C++ │ 3.00 s │ 2.00 s │ 4.00 s │  1.00 │      │        │        │\n"
            "│ HTTP C++   │ 1.50 s │ 1.00 s │ 9.00 s │  0.50 │      │ 500 ms │ 100 MB │\n"
            "└────────────┴────────┴────────┴────────┴───────┴──────┴────────┴────────┘\n");
}

TEST(BenchReportTest, AnEvenNumberOfSamplesHasItsMedianInTheMiddle) {
  EXPECT_EQ(MedianSeconds({"x", {SampleOf(1), SampleOf(10), SampleOf(2), SampleOf(3)}}), 2.5);
  EXPECT_EQ(MedianSeconds({"x", {}}), 0);
}

TEST(BenchReportTest, ComparesPointLoadsByTheirAnswersASecond) {
  BenchWorkResult result;
  result.work.name = "point, 8 clients";
  result.work.kind = BenchKind::kPointLoad;
  result.results = {{kReferenceCpp, {SampleOf(0.001)}}, {"HTTP C++", {SampleOf(0.002)}}};
  result.results[0].samples[0].sample.per_second = 2'000;
  result.results[1].samples[0].sample.per_second = 1'500;
  result.results[1].samples[0].sample.p99_seconds = 0.004;
  const FigureTable figures = FiguresOf(result);
  EXPECT_EQ(figures.titles[2], "p99");
  EXPECT_EQ(figures.titles[3], "p99/p50");
  EXPECT_EQ(figures.rows[1],
            (std::vector<std::string>{"HTTP C++", "2.00 ms", "4.00 ms", "2.00", "1,500", "2.00 ms",
                                      "2.00 ms", "0.75", "", "", ""}));
}

TEST(BenchReportTest, PutsByManyClientsAreToldLikePointLoadsWithTheRowsOfOnePut) {
  BenchWorkResult result;
  result.work.name = "puts of 1,000 rows, 16 clients";
  result.work.what = "one table";
  result.work.kind = BenchKind::kPutLoad;
  result.rows = 1'000;
  result.bytes = 80'000;
  result.results = {{"HTTP C++", {SampleOf(0.002)}}};
  result.results[0].samples[0].sample.per_second = 5'000;
  EXPECT_EQ(WorkText(result), "one table: 1,000 rows, 80.0 kB");
  EXPECT_EQ(FiguresOf(result).rows[0][4], "5,000");
  result.results[0].samples[0].sample.per_second = 1.25;
  EXPECT_EQ(FiguresOf(result).rows[0][4], "1.25");
}

TEST(BenchReportTest, ShowsHowMuchWasSentWhereThatMatters) {
  BenchWorkResult result = Reads();
  result.work.shows_wire = true;
  for (BenchSample& sample : result.results[1].samples) sample.sample.wire_bytes = 2'000;
  const FigureTable figures = FiguresOf(result);
  EXPECT_EQ(figures.titles[2], "sent");
  EXPECT_EQ(figures.rows[0][2], "");
  EXPECT_EQ(figures.rows[1][2], "2.00 kB");
}

TEST(BenchReportTest, TellsWhyAPeerHasNoFigures) {
  BenchWorkResult result = Reads();
  result.results[1].failure = "read all, HTTP C++: it broke";
  const FigureTable figures = FiguresOf(result);
  EXPECT_EQ(figures.rows.size(), 1);
  EXPECT_EQ(figures.failures, std::vector<std::string>{"read all, HTTP C++: it broke"});
}

TEST(BenchReportTest, JsonHasEverySampleAndTheRatios) {
  const auto json =
      nlohmann::json::parse(ReportJson({.versions = "v", .scale = 0.5, .rounds = 3}, {Reads()}));
  EXPECT_EQ(json["scale"], 0.5);
  const auto& http = json["works"][0]["results"][1];
  EXPECT_EQ(http["contender"], "HTTP C++");
  EXPECT_EQ(http["samples"].size(), 3);
  EXPECT_EQ(http["samples"][0]["seconds"], 1.5);
  EXPECT_EQ(http["ratio_to_duckdb_cpp"], 0.5);
  EXPECT_FALSE(http.contains("ratio_to_duckdb_python"));
}

}  // namespace
}  // namespace arrowport::cli
