#include "cli/bench_limits.h"

#include <cstdint>
#include <string>
#include <vector>

#include "cli/bench_names.h"
#include "cli/bench_run.h"
#include "cli/figures.h"

namespace arrowport::cli {
namespace {

enum class Compare : uint8_t {
  kSeconds,      ///< Median over median.
  kSecondsMore,  ///< Median less median.
  kRate,         ///< Answers a second over answers a second.
};

// One contender in one work.
struct Entry {
  std::string work;
  const char* by;
};

struct Limit {
  Entry one;
  Entry other;
  Compare compare;
  bool at_most;  ///< Otherwise: at least.
  double bound;
};

std::vector<Limit> Limits() {
  const std::string one = PointWorkName(1);
  const std::string few = PointWorkName(8);
  const std::string many = PointWorkName(64);
  std::vector<Limit> limits = {
      {{kReadAll, kHttpPython}, {kReadAll, kReferencePython}, Compare::kSeconds, true, 0.75},
      {{kReadAll, kFlightCpp}, {kReadAll, kReferenceCpp}, Compare::kSeconds, true, 0.95},
      {{kReadAll, kStreamingPeer}, {kReadAll, kFlightCpp}, Compare::kSeconds, false, 1.3},
      {{kReadAll, kQuackPeer}, {kReadAll, kHttpPython}, Compare::kSeconds, false, 5.5},
      {{kReadAll, kGizmoSqlPeer}, {kReadAll, kHttpPython}, Compare::kSeconds, false, 2},
      {{kReadNumbers, kHttpCpp}, {kReadNumbers, kReferenceCpp}, Compare::kSeconds, true, 2},
      {{kReadNumbers, kHttpPython}, {kReadNumbers, kReferencePython}, Compare::kSeconds, true, 2},
      {{one, kHttpCpp}, {one, kReferenceCpp}, Compare::kSecondsMore, true, 0.25e-3},
      {{one, kFlightCpp}, {one, kReferenceCpp}, Compare::kSecondsMore, true, 0.4e-3},
  };
  for (const char* door : {kHttpCpp, kFlightCpp}) {
    limits.push_back({{few, door}, {few, kReferenceCpp}, Compare::kRate, false, 0.85});
    limits.push_back({{many, door}, {few, door}, Compare::kRate, false, 0.85});
  }
  return limits;
}

const BenchResult* Find(const std::vector<BenchWorkResult>& results, const Entry& entry) {
  for (const BenchWorkResult& work : results) {
    if (work.work.name != entry.work) continue;
    for (const BenchResult& result : work.results) {
      if (result.contender == entry.by && !result.samples.empty()) return &result;
    }
  }
  return nullptr;
}

double Measure(const BenchResult& one, const BenchResult& other, Compare compare) {
  switch (compare) {
    case Compare::kSeconds:
      return MedianSeconds(one) / MedianSeconds(other);
    case Compare::kSecondsMore:
      return MedianSeconds(one) - MedianSeconds(other);
    case Compare::kRate:
      break;
  }
  return MedianPerSecond(one) / MedianPerSecond(other);
}

std::string Figure(double value, Compare compare) {
  return compare == Compare::kSecondsMore ? Seconds(value) : Ratio(value) + " ×";
}

std::string WhatOf(const Limit& limit) {
  const char* figure = limit.compare == Compare::kRate ? ", answers a second: " : ", time: ";
  std::string what = limit.one.work + figure + limit.one.by;
  what += limit.compare == Compare::kSecondsMore ? " less " : " beside ";
  what += limit.other.by;
  return limit.other.work == limit.one.work ? what : what + " in \"" + limit.other.work + "\"";
}

}  // namespace

std::vector<LimitResult> CheckLimits(const std::vector<BenchWorkResult>& results) {
  std::vector<LimitResult> checked;
  for (const Limit& limit : Limits()) {
    const BenchResult* const one = Find(results, limit.one);
    const BenchResult* const other = Find(results, limit.other);
    if (one == nullptr || other == nullptr) continue;
    const double measured = Measure(*one, *other, limit.compare);
    checked.push_back(
        {.what = WhatOf(limit),
         .limit = (limit.at_most ? "at most " : "at least ") + Figure(limit.bound, limit.compare),
         .measured = Figure(measured, limit.compare),
         .held = limit.at_most ? measured <= limit.bound : measured >= limit.bound});
  }
  return checked;
}

}  // namespace arrowport::cli
