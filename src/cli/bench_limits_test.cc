#include "cli/bench_limits.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "cli/bench_names.h"
#include "cli/bench_run.h"

namespace arrowport::cli {
namespace {

BenchResult ResultOf(const char* by, double seconds, double per_second = 0) {
  BenchSample sample;
  sample.sample.seconds = seconds;
  sample.sample.per_second = per_second;
  return {by, {sample}};
}

BenchWorkResult WorkOf(const std::string& name, std::vector<BenchResult> results) {
  BenchWorkResult work;
  work.work.name = name;
  work.results = std::move(results);
  return work;
}

TEST(BenchLimitsTest, ComparesTimesWithinOneWork) {
  const auto checked =
      CheckLimits({WorkOf(kReadAll, {ResultOf(kReferencePython, 2), ResultOf(kHttpPython, 1),
                                     ResultOf(kQuackPeer, 5)})});
  ASSERT_EQ(checked.size(), 2);
  EXPECT_EQ(checked[0].what, "read all, time: HTTP Py beside DuckDB Py");
  EXPECT_EQ(checked[0].limit, "at most 0.75 ×");
  EXPECT_EQ(checked[0].measured, "0.50 ×");
  EXPECT_TRUE(checked[0].held);
  EXPECT_EQ(checked[1].what, "read all, time: quack Py beside HTTP Py");
  EXPECT_FALSE(checked[1].held);
}

TEST(BenchLimitsTest, ComparesPointLoadsByTheirExtraTimeAndByTheirRates) {
  const auto checked = CheckLimits(
      {WorkOf(PointWorkName(1), {ResultOf(kReferenceCpp, 0.0005), ResultOf(kHttpCpp, 0.0007)}),
       WorkOf(PointWorkName(8), {ResultOf(kReferenceCpp, 1, 100), ResultOf(kHttpCpp, 1, 90)}),
       WorkOf(PointWorkName(64), {ResultOf(kHttpCpp, 1, 70)})});
  ASSERT_EQ(checked.size(), 3);
  EXPECT_EQ(checked[0].measured, "0.20 ms");
  EXPECT_TRUE(checked[0].held);
  EXPECT_EQ(checked[1].measured, "0.90 ×");
  EXPECT_TRUE(checked[1].held);
  EXPECT_EQ(
      checked[2].what,
      "point, 64 clients, answers a second: HTTP C++ beside HTTP C++ in \"point, 8 clients\"");
  EXPECT_FALSE(checked[2].held);
}

TEST(BenchLimitsTest, ComparesWithWhatAnotherDoesAtItsBest) {
  const auto checked = CheckLimits(
      {WorkOf(PutLoadName(1, 4), {ResultOf(kReferenceCpp, 1, 300)}),
       WorkOf(PutLoadName(1, 16), {ResultOf(kReferenceCpp, 1, 200)}),
       WorkOf(PutLoadName(1, 64), {ResultOf(kReferenceCpp, 1, 100), ResultOf(kHttpCpp, 1, 1'800)}),
       WorkOf(PutLoadName(100, 4), {ResultOf(kReferenceCpp, 1, 900)})});
  ASSERT_EQ(checked.size(), 1);
  EXPECT_EQ(checked[0].what,
            "puts of 1 row, 64 clients, answers a second: HTTP C++ beside DuckDB C++ at its best "
            "in \"puts of 1 row, 4 clients\"");
  EXPECT_EQ(checked[0].measured, "6.00 ×");
  EXPECT_TRUE(checked[0].held);
}

TEST(BenchLimitsTest, HoldsTheSlowestAnswersAgainstTheMedian) {
  BenchResult flight = ResultOf(kFlightCpp, 0.002, 100);
  flight.samples[0].sample.p99_seconds = 0.011;
  const auto checked = CheckLimits({WorkOf(PutLoadName(1'000, 16), {flight})});
  ASSERT_EQ(checked.size(), 1);
  EXPECT_EQ(checked[0].what, "puts of 1,000 rows, 16 clients, p99 beside the median: Flight C++");
  EXPECT_EQ(checked[0].limit, "at most 5.00 ×");
  EXPECT_EQ(checked[0].measured, "5.50 ×");
  EXPECT_FALSE(checked[0].held);
}

TEST(BenchLimitsTest, ComparesWhatTheServerWorksForEach) {
  BenchResult http = ResultOf(kHttpCpp, 1, 100);
  BenchResult flight = ResultOf(kFlightCpp, 1, 50);
  http.samples[0].server_cpu_seconds = 0.001;
  flight.samples[0].server_cpu_seconds = 0.002;
  const auto checked = CheckLimits({WorkOf(PutLoadName(1, 64), {http, flight})});
  ASSERT_EQ(checked.size(), 2);
  EXPECT_TRUE(checked[0].held);
  EXPECT_EQ(checked[1].what,
            "puts of 1 row, 64 clients, server's processor time: Flight C++ beside HTTP C++");
  EXPECT_EQ(checked[1].limit, "at most 1.60 ×");
  EXPECT_EQ(checked[1].measured, "2.00 ×");
  EXPECT_FALSE(checked[1].held);
}

TEST(BenchLimitsTest, APeerThatFailedIsComparedWithNobody) {
  BenchResult failed = ResultOf(kQuackPeer, 5);
  failed.failure = "it broke";
  EXPECT_TRUE(CheckLimits({WorkOf(kWriteAll, {ResultOf(kHttpPython, 1), failed})}).empty());
}

TEST(BenchLimitsTest, LeavesOutWhoTookNoPart) {
  EXPECT_TRUE(CheckLimits({WorkOf(kReadAll, {ResultOf(kHttpPython, 1)})}).empty());
}

}  // namespace
}  // namespace arrowport::cli
