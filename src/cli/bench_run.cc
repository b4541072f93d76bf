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
  explicit WorkRun(const BenchWork& work) : work_(work) {}

  Result<BenchSample> TakeSample(const BenchContender& by) {
    if (by.server != nullptr) by.server->ForgetPeak();
    BenchSample taken;
    ARROW_ASSIGN_OR_RAISE(taken.sample, SampleBy(by));
    if (by.server != nullptr) {
      taken.server_cpu_seconds = cpu_seconds_ / static_cast<double>(Parts(taken.sample));
      taken.server_peak_bytes = by.server->PeakBytes();
    }
    if (work_.rows_expected > 0 && taken.sample.rows != work_.rows_expected) {
      return MakeError(ErrorKind::kInternal, Count(taken.sample.rows) + " instead of " +
                                                 Plural(work_.rows_expected, "row"));
    }
    return taken;
  }

 private:
  Result<Sample> SampleBy(const BenchContender& by) {
    if (work_.kind == BenchKind::kPut) return PutSample(by);
    if (work_.kind == BenchKind::kPutLoad) return PutLoadSample(by);
    const double cpu_before = CpuSeconds(by);
    auto sample = work_.kind == BenchKind::kRead ? by.contender.Read(work_.sql)
                                                 : by.contender.Points(work_.points);
    cpu_seconds_ = CpuSeconds(by) - cpu_before;
    return sample;
  }

  // Of how many like it a sample is made.
  [[nodiscard]] int64_t Parts(const Sample& sample) const {
    return IsLoad(work_.kind) ? std::max<int64_t>(sample.rows, 1) : work_.puts;
  }

  static double CpuSeconds(const BenchContender& by) {
    return by.server == nullptr ? 0 : by.server->CpuSeconds();
  }

  Result<Sample> PutSample(const BenchContender& by) {
    std::vector<std::string> tables = {NewTable()};
    ARROW_RETURN_NOT_OK(by.contender.Prepare(tables.front(), *work_.rows));
    sync();
    const double cpu_before = CpuSeconds(by);
    Sample one;
    for (int put = 0; put < work_.puts; ++put) {
      if (put > 0 && !by.contender.AppendsToTables()) tables.push_back(NewTable());
      ARROW_ASSIGN_OR_RAISE(const Sample sample, by.contender.Put(tables.back(), *work_.rows));
      one.seconds += sample.seconds / work_.puts;
      one.rows = sample.rows;
      one.bytes = sample.bytes;
    }
    cpu_seconds_ = CpuSeconds(by) - cpu_before;
    ARROW_RETURN_NOT_OK(Drop(by, tables));
    return one;
  }

  Result<Sample> PutLoadSample(const BenchContender& by) {
    const std::string table = NewTable();
    ARROW_RETURN_NOT_OK(by.contender.Prepare(table, *work_.put_load.rows));
    sync();
    const double cpu_before = CpuSeconds(by);
    ARROW_ASSIGN_OR_RAISE(const Sample sample, by.contender.Puts(table, work_.put_load));
    cpu_seconds_ = CpuSeconds(by) - cpu_before;
    ARROW_RETURN_NOT_OK(CheckLanded(by, table, sample.rows + work_.put_load.clients));
    ARROW_RETURN_NOT_OK(Drop(by, {table}));
    return sample;
  }

  // What was acknowledged is there, and nothing else.
  Status CheckLanded(const BenchContender& by, const std::string& table, int64_t puts) {
    const int64_t rows = puts * work_.put_load.rows->rows;
    ARROW_ASSIGN_OR_RAISE(const Sample found,
                          by.contender.Read("SELECT 1 FROM (SELECT count(*) AS n FROM " + table +
                                            ") AS counted WHERE n = " + std::to_string(rows)));
    if (found.rows == 1) return Status::OK();
    return MakeError(ErrorKind::kInternal, Plural(puts, "put") + " were acknowledged, but there " +
                                               "are not " + Plural(rows, "row"));
  }

  static Status Drop(const BenchContender& by, const std::vector<std::string>& tables) {
    for (const std::string& table : tables) {
      ARROW_RETURN_NOT_OK(by.contender.Run("DROP TABLE " + table));
    }
    return by.contender.Run("CHECKPOINT");
  }

  std::string NewTable() { return "bench_" + std::to_string(++tables_); }

  const BenchWork& work_;
  int tables_ = 0;
  double cpu_seconds_ = 0;
};

// Notes what was measured, or why it was not.
Status Note(const BenchContender& by, const Result<BenchSample>& sample, int round,
            BenchWorkResult& work, BenchResult& result) {
  if (!sample.ok()) {
    Status failure = WithContext(work.work.name + ", " + by.name, sample.status());
    if (!by.is_peer) return failure;
    result.failure = failure.message();
    return Status::OK();
  }
  if (!IsLoad(work.work.kind)) {
    work.rows = sample->sample.rows;
    work.bytes = std::max(work.bytes, sample->sample.bytes);
  }
  // The first round fills caches and connections.
  if (round == 0) return Status::OK();
  result.samples.push_back(*sample);
  result.samples.back().round = round;
  return Status::OK();
}

template <typename Figure>
double MedianOf(const BenchResult& result, const Figure& figure) {
  std::vector<double> figures;
  figures.reserve(result.samples.size());
  for (const BenchSample& sample : result.samples) figures.push_back(figure(sample.sample));
  if (figures.empty()) return 0;
  std::ranges::sort(figures);
  const size_t middle = figures.size() / 2;
  if (figures.size() % 2 == 1) return figures[middle];
  return (figures[middle - 1] + figures[middle]) / 2;
}

}  // namespace

Result<BenchWorkResult> RunRounds(const BenchWork& work,
                                  const std::vector<BenchContender>& contenders, int rounds) {
  BenchWorkResult result;
  result.work = work;
  if (work.kind == BenchKind::kPutLoad) {
    result.rows = work.put_load.rows->rows;
    result.bytes = work.put_load.rows->bytes;
  }
  for (const BenchContender& by : contenders) result.results.push_back({by.name, {}});
  std::vector<size_t> order(contenders.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::minstd_rand random(kOrderSeed);
  WorkRun run(work);
  Progress progress(work.name);
  const auto all = static_cast<double>(order.size()) * (rounds + 1);
  int done = 0;
  for (int round = 0; round <= rounds; ++round) {
    std::ranges::shuffle(order, random);
    for (const size_t index : order) {
      const BenchContender& by = contenders[index];
      progress.Begin(work.name + ", " + by.name,
                     {.rows = result.rows, .bytes = 0, .fraction = done++ / all});
      if (!result.results[index].failure.empty()) continue;
      ARROW_RETURN_NOT_OK(Note(by, run.TakeSample(by), round, result, result.results[index]));
    }
  }
  return result;
}

double MedianSeconds(const BenchResult& result) {
  return MedianOf(result, [](const Sample& sample) { return sample.seconds; });
}

double MedianP99Seconds(const BenchResult& result) {
  return MedianOf(result, [](const Sample& sample) { return sample.p99_seconds; });
}

double MedianPerSecond(const BenchResult& result) {
  return MedianOf(result, [](const Sample& sample) { return sample.per_second; });
}

double MeanServerCpuSeconds(const BenchResult& result) {
  double sum = 0;
  for (const BenchSample& sample : result.samples) sum += sample.server_cpu_seconds;
  return sum / static_cast<double>(std::max<size_t>(result.samples.size(), 1));
}

}  // namespace arrowport::cli
