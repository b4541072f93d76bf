#include "observe/metrics.h"

#include <cstddef>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace arrowport::observe {
namespace {

using testing::HasSubstr;
using testing::Not;

int CountOf(const std::string& page, const std::string& text) {
  int count = 0;
  for (size_t at = page.find(text); at != std::string::npos; at = page.find(text, at + 1)) ++count;
  return count;
}

TEST(MetricsTest, CountsWhatAPutLanded) {
  Metrics metrics;
  metrics.PutLanded("trips", 1'000, 64'000, 0.004);
  metrics.PutLanded("trips", 1, 64, 0.0001);
  const std::string page = metrics.Page();
  EXPECT_THAT(page, HasSubstr("arrowport_rows_processed_total{stream=\"trips\"} 1001\n"));
  EXPECT_THAT(page, HasSubstr("arrowport_bytes_processed_total{stream=\"trips\"} 64064\n"));
  EXPECT_THAT(page, HasSubstr("arrowport_ingest_latency_seconds_count{stream=\"trips\"} 2\n"));
  EXPECT_THAT(page, HasSubstr("# TYPE arrowport_ingest_latency_seconds histogram\n"));
  EXPECT_THAT(page, HasSubstr("outcome=\"ok\""));
}

TEST(MetricsTest, PutsLatenciesIntoBucketsFromHalfAMillisecondToAMinute) {
  Metrics metrics;
  metrics.PutLanded("s", 1, 1, 0.0004);
  metrics.PutLanded("s", 1, 1, 45);
  const std::string page = metrics.Page();
  EXPECT_THAT(page, HasSubstr("latency_seconds_bucket{stream=\"s\",le=\"0.0005\"} 1\n"));
  EXPECT_THAT(page, HasSubstr("latency_seconds_bucket{stream=\"s\",le=\"30\"} 1\n"));
  EXPECT_THAT(page, HasSubstr("latency_seconds_bucket{stream=\"s\",le=\"60\"} 2\n"));
}

TEST(MetricsTest, KeepsRefusedPutsApart) {
  Metrics metrics;
  metrics.PutRefused("trips");
  const std::string page = metrics.Page();
  EXPECT_THAT(
      page,
      testing::AnyOf(HasSubstr("arrowport_puts_total{outcome=\"refused\",stream=\"trips\"} 1\n"),
                     HasSubstr("arrowport_puts_total{stream=\"trips\",outcome=\"refused\"} 1\n")));
  EXPECT_THAT(page, HasSubstr("arrowport_rows_processed_total{stream=\"trips\"} 0\n"));
}

TEST(MetricsTest, ShowsOpenConnectionsOfBothDoorsFromTheStart) {
  Metrics metrics;
  EXPECT_THAT(metrics.Page(), HasSubstr("arrowport_active_connections{protocol=\"rest\"} 0\n"));
  metrics.ConnectionOpened(Protocol::kFlight);
  metrics.ConnectionOpened(Protocol::kFlight);
  metrics.ConnectionClosed(Protocol::kFlight);
  EXPECT_THAT(metrics.Page(), HasSubstr("arrowport_active_connections{protocol=\"flight\"} 1\n"));
}

TEST(MetricsTest, CountsAnsweredVerbsByOutcome) {
  Metrics metrics;
  metrics.Answered(Protocol::kRest, "query", "ok");
  metrics.Answered(Protocol::kRest, "query", "ok");
  metrics.Answered(Protocol::kFlight, "query", "not-found");
  metrics.RowsSent(7);
  const std::string page = metrics.Page();
  EXPECT_EQ(CountOf(page, "arrowport_requests_total{"), 2);
  EXPECT_THAT(page, HasSubstr("not-found"));
  EXPECT_THAT(page, HasSubstr("arrowport_result_rows_total 7\n"));
}

TEST(MetricsTest, AsksGaugesEachTimeThePageIsMade) {
  Metrics metrics;
  double value = 1;
  metrics.AddGauge("arrowport_memory_bytes", "Memory.", [&value] { return value; });
  EXPECT_THAT(metrics.Page(), HasSubstr("arrowport_memory_bytes 1\n"));
  value = 2;
  EXPECT_THAT(metrics.Page(), HasSubstr("arrowport_memory_bytes 2\n"));
}

TEST(MetricsTest, CountsStreamsBeyondTheThousandthTogether) {
  Metrics metrics;
  for (int i = 0; i < 1'500; ++i) metrics.PutLanded("s" + std::to_string(i), 1, 1, 0.001);
  const std::string page = metrics.Page();
  EXPECT_EQ(CountOf(page, "arrowport_rows_processed_total{"), 1'001);
  EXPECT_THAT(page, HasSubstr("arrowport_rows_processed_total{stream=\"_other\"} 500\n"));
}

TEST(MetricsTest, LetsNoStreamNameBreakThePage) {
  Metrics metrics;
  metrics.PutRefused("a\"b\nc\\d");
  metrics.PutRefused("\xff");
  metrics.PutRefused(std::string(10'000, 'x'));
  const std::string page = metrics.Page();
  EXPECT_THAT(page, HasSubstr("a\\\"b\\nc\\\\d"));
  EXPECT_THAT(page, HasSubstr("_other"));
  EXPECT_THAT(page, Not(HasSubstr("\xff")));
  EXPECT_THAT(page, Not(HasSubstr("xxx")));
}

TEST(MetricsTest, LosesNothingBetweenThreads) {
  Metrics metrics;
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&metrics, t] {
      for (int i = 0; i < 250; ++i) metrics.PutLanded(i % 2 == t % 2 ? "a" : "b", 1, 1, 0.001);
      EXPECT_THAT(metrics.Page(), HasSubstr("arrowport_rows_processed_total"));
    });
  }
  for (std::thread& thread : threads) thread.join();
  const std::string page = metrics.Page();
  EXPECT_THAT(page, HasSubstr("arrowport_rows_processed_total{stream=\"a\"} 500\n"));
  EXPECT_THAT(page, HasSubstr("arrowport_rows_processed_total{stream=\"b\"} 500\n"));
}

}  // namespace
}  // namespace arrowport::observe
