#include "cli/bench_run.h"

#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "base/error.h"
#include "cli/child_process.h"
#include "cli/figures.h"
#include "cli/progress.h"

namespace arrowport::cli {
namespace {

// The same orders in every run, so that two runs differ by what they measure alone.
constexpr uint32_t kOrderSeed = 7;

class WorkRun {
 public:
  WorkRun(const BenchWork& work, ChildProcess& server) : work_(work), server_(server) {}

  Result<BenchSample> TakeSample(const BenchContender& by) {
    server_.ForgetPeak();
    BenchSample taken;
    ARROW_ASSIGN_OR_RAISE(taken.sample,
                          work_.kind == BenchKind::kRead ? ReadSample(by) : PutSample(by));
    if (by.through_server) {
      taken.server_cpu_seconds = cpu_seconds_ / work_.puts;
      taken.server_peak_bytes = server_.PeakBytes();
    }
    if (work_.rows_expected > 0 && taken.sample.rows != work_.rows_expected) {
      return MakeError(ErrorKind::kInternal, Count(taken.sample.rows) + " instead of " +
                                                 Plural(work_.rows_expected, "row"));
    }
    return taken;
  }

 private:
  Result<Sample> ReadSample(const BenchContender& by) {
    const double cpu_before = server_.CpuSeconds();
    auto sample = by.contender.Read(work_.sql);
    cpu_seconds_ = server_.CpuSeconds() - cpu_before;
    return sample;
  }

  Result<Sample> PutSample(const BenchContender& by) {
    std::vector<std::string> tables = {NewTable()};
    ARROW_RETURN_NOT_OK(by.contender.Prepare(tables.front(), *work_.rows));
    sync();
    const double cpu_before = server_.CpuSeconds();
    Sample one;
    for (int put = 0; put < work_.puts; ++put) {
      if (put > 0 && !by.contender.AppendsToTables()) tables.push_back(NewTable());
      ARROW_ASSIGN_OR_RAISE(const Sample sample, by.contender.Put(tables.back(), *work_.rows));
      one.seconds += sample.seconds / work_.puts;
      one.rows = sample.rows;
      one.bytes = sample.bytes;
    }
    cpu_seconds_ = server_.CpuSeconds() - cpu_before;
    for (const std::string& table : tables) {
      ARROW_RETURN_NOT_OK(by.contender.Run("DROP TABLE " + table));
    }
    ARROW_RETURN_NOT_OK(by.contender.Run("CHECKPOINT"));
    return one;
  }

  std::string NewTable() { return "bench_" + std::to_string(++tables_); }

  const BenchWork& work_;
  ChildProcess& server_;
  int tables_ = 0;
  double cpu_seconds_ = 0;
};

}  // namespace

Result<BenchWorkResult> RunRounds(const BenchWork& work,
                                  const std::vector<BenchContender>& contenders,
                                  ChildProcess& server, int rounds) {
  BenchWorkResult result;
  result.work = work;
  for (const BenchContender& by : contenders) result.results.push_back({by.name, {}});
  std::vector<size_t> order(contenders.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::minstd_rand random(kOrderSeed);
  WorkRun run(work, server);
  Progress progress(work.name);
  const auto all = static_cast<double>(order.size()) * (rounds + 1);
  int done = 0;
  for (int round = 0; round <= rounds; ++round) {
    std::ranges::shuffle(order, random);
    for (const size_t index : order) {
      const BenchContender& by = contenders[index];
      progress.Begin(work.name + ", " + by.name,
                     {.rows = result.rows, .bytes = 0, .fraction = done++ / all});
      auto sample = run.TakeSample(by);
      ARROW_RETURN_NOT_OK(WithContext(work.name + ", " + by.name, sample.status()));
      result.rows = sample->sample.rows;
      result.bytes = std::max(result.bytes, sample->sample.bytes);
      sample->round = round;
      // The first round fills caches and connections.
      if (round > 0) result.results[index].samples.push_back(*sample);
    }
  }
  return result;
}

double MedianSeconds(const BenchResult& result) {
  std::vector<double> seconds;
  seconds.reserve(result.samples.size());
  for (const BenchSample& sample : result.samples) seconds.push_back(sample.sample.seconds);
  if (seconds.empty()) return 0;
  std::ranges::sort(seconds);
  const size_t middle = seconds.size() / 2;
  if (seconds.size() % 2 == 1) return seconds[middle];
  return (seconds[middle - 1] + seconds[middle]) / 2;
}

}  // namespace arrowport::cli
