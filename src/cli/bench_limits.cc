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
  kTail,         ///< The time that one answer in a hundred exceeds over the median.
  kServerCpu,    ///< The server's processor time over the server's.
};

// One contender in one work.
struct Entry {
  std::string work;
  const char* by;
  // Of all works whose names begin with `work`, the one in which it has most answers a second.
  bool at_its_best = false;
};

struct Limit {
  Entry one;
  Entry other;
  Compare compare;
  bool at_most;  ///< Otherwise: at least.
  double bound;
};

void AddReads(std::vector<Limit>& limits) {
  limits.insert(
      limits.end(),
      {{{kReadAll, kHttpPython}, {kReadAll, kReferencePython}, Compare::kSeconds, true, 0.75},
       {{kReadAll, kFlightCpp}, {kReadAll, kReferenceCpp}, Compare::kSeconds, true, 0.7},
       {{kReadAll, kStreamingPeer}, {kReadAll, kFlightCpp}, Compare::kSeconds, false, 1.3},
       {{kReadAll, kQuackPeer}, {kReadAll, kHttpPython}, Compare::kSeconds, false, 5.5},
       {{kReadAll, kGizmoSqlPeer}, {kReadAll, kHttpPython}, Compare::kSeconds, false, 2},
       {{kReadNumbers, kHttpCpp}, {kReadNumbers, kReferenceCpp}, Compare::kSeconds, true, 2},
       {{kReadNumbers, kFlightCpp}, {kReadNumbers, kReferenceCpp}, Compare::kSeconds, true, 1.6},
       {{kReadNumbers, kHttpPython},
        {kReadNumbers, kReferencePython},
        Compare::kSeconds,
        true,
        2}});
}

void AddPoints(std::vector<Limit>& limits) {
  const std::string one = PointWorkName(1);
  const std::string few = PointWorkName(8);
  const std::string many = PointWorkName(64);
  limits.push_back({{one, kHttpCpp}, {one, kReferenceCpp}, Compare::kSecondsMore, true, 0.25e-3});
  limits.push_back({{one, kFlightCpp}, {one, kReferenceCpp}, Compare::kSecondsMore, true, 0.4e-3});
  for (const char* door : {kHttpCpp, kFlightCpp}) {
    limits.push_back({{few, door}, {few, kReferenceCpp}, Compare::kRate, false, 0.85});
    limits.push_back({{many, door}, {few, door}, Compare::kRate, false, 0.85});
  }
  limits.push_back({{few, kFlightCpp}, {few, kHttpCpp}, Compare::kServerCpu, true, 1.2});
}

void AddBulkPuts(std::vector<Limit>& limits) {
  const std::string million = PutWorkName(1'000'000);
  for (const char* door : {kHttpCpp, kFlightCpp}) {
    limits.push_back({{kWriteAll, door}, {kWriteAll, kReferenceCpp}, Compare::kSeconds, true, 1.2});
    limits.push_back({{million, door}, {million, kReferenceCpp}, Compare::kSeconds, true, 1.25});
    for (const char* peer : {kStreamingPeer, kTablePeer}) {
      limits.push_back({{million, peer}, {million, door}, Compare::kSeconds, false, 1});
    }
  }
  for (const char* door : {kHttpPython, kFlightPython}) {
    limits.push_back({{kWriteAll, kQuackPeer}, {kWriteAll, door}, Compare::kSeconds, false, 2.3});
    limits.push_back({{kWriteAll, kGizmoSqlPeer}, {kWriteAll, door}, Compare::kSeconds, false, 4});
  }
}

void AddPutLoads(std::vector<Limit>& limits) {
  const std::string thousand_by_16 = PutLoadName(1'000, 16);
  const std::string thousand_by_64 = PutLoadName(1'000, 64);
  const std::string one_by_16 = PutLoadName(1, 16);
  const std::string one_by_64 = PutLoadName(1, 64);
  const std::string ones = PutLoadPrefix(1);
  for (const char* door : {kHttpCpp, kFlightCpp, kKeptPutCpp}) {
    const auto at_least = [&](const std::string& work, const Entry& other, double bound) {
      limits.push_back({{work, door}, other, Compare::kRate, false, bound});
    };
    at_least(thousand_by_16, {thousand_by_16, kReferenceCpp}, 1.5);
    at_least(thousand_by_64, {thousand_by_64, kReferenceCpp}, 2);
    for (const std::string& work : {thousand_by_16, thousand_by_64}) {
      at_least(work, {work, kGizmoSqlPeer}, 3);
    }
    for (const std::string& work : {one_by_16, thousand_by_16}) {
      limits.push_back({{work, door}, {work, door}, Compare::kTail, true, 5});
    }
  }
  // What DuckDB leaves room for on two cores (docs/decisions/0016).
  const auto http_at_least = [&](const std::string& work, const Entry& other, double bound) {
    limits.push_back({{work, kHttpCpp}, other, Compare::kRate, false, bound});
  };
  http_at_least(thousand_by_16, {thousand_by_16, kPostgreSqlPeer}, 2);
  http_at_least(thousand_by_64, {thousand_by_64, kPostgreSqlPeer}, 2.5);
  http_at_least(one_by_64, {ones, kReferenceCpp, true}, 5);
  http_at_least(one_by_64, {ones, kPostgreSqlPeer, true}, 1.2);
  http_at_least(one_by_64, {ones, kQuackPeer, true}, 12);
  // A call of gRPC is more work than a request of HTTP; a row of a put that goes on is less.
  const Entry http = {one_by_64, kHttpCpp};
  limits.push_back({{one_by_64, kFlightCpp}, http, Compare::kRate, false, 0.47});
  limits.push_back({{one_by_64, kFlightCpp}, http, Compare::kServerCpu, true, 1.6});
  limits.push_back({{one_by_64, kKeptPutCpp}, http, Compare::kServerCpu, true, 1});
}

std::vector<Limit> Limits() {
  std::vector<Limit> limits;
  AddReads(limits);
  AddPoints(limits);
  AddBulkPuts(limits);
  AddPutLoads(limits);
  return limits;
}

// Where an entry's figures were found.
struct Found {
  const BenchWorkResult* work = nullptr;
  const BenchResult* result = nullptr;
};

Found Find(const std::vector<BenchWorkResult>& results, const Entry& entry) {
  Found found;
  for (const BenchWorkResult& work : results) {
    const std::string& name = work.work.name;
    if (entry.at_its_best ? !name.starts_with(entry.work) : name != entry.work) continue;
    for (const BenchResult& result : work.results) {
      if (result.contender != entry.by || result.samples.empty() || !result.failure.empty()) {
        continue;
      }
      const bool better =
          found.result == nullptr || MedianPerSecond(result) > MedianPerSecond(*found.result);
      if (better) found = {.work = &work, .result = &result};
    }
  }
  return found;
}

double Measure(const BenchResult& one, const BenchResult& other, Compare compare) {
  switch (compare) {
    case Compare::kSeconds:
      return MedianSeconds(one) / MedianSeconds(other);
    case Compare::kSecondsMore:
      return MedianSeconds(one) - MedianSeconds(other);
    case Compare::kTail:
      return MedianP99Seconds(one) / MedianSeconds(other);
    case Compare::kServerCpu:
      return MeanServerCpuSeconds(one) / MeanServerCpuSeconds(other);
    case Compare::kRate:
      break;
  }
  return MedianPerSecond(one) / MedianPerSecond(other);
}

std::string Figure(double value, Compare compare) {
  return compare == Compare::kSecondsMore ? Seconds(value) : Ratio(value) + " ×";
}

const char* FigureOf(Compare compare) {
  switch (compare) {
    case Compare::kRate:
      return ", answers a second: ";
    case Compare::kServerCpu:
      return ", server's processor time: ";
    default:
      return ", time: ";
  }
}

std::string WhatOf(const Limit& limit, const BenchWorkResult& other_work) {
  const std::string& work = limit.one.work;
  if (limit.compare == Compare::kTail) return work + ", p99 beside the median: " + limit.one.by;
  std::string what = work + FigureOf(limit.compare) + limit.one.by;
  what += limit.compare == Compare::kSecondsMore ? " less " : " beside ";
  what += limit.other.by;
  if (limit.other.at_its_best) what += " at its best";
  return other_work.work.name == work ? what : what + " in \"" + other_work.work.name + "\"";
}

}  // namespace

std::vector<LimitResult> CheckLimits(const std::vector<BenchWorkResult>& results) {
  std::vector<LimitResult> checked;
  for (const Limit& limit : Limits()) {
    const Found one = Find(results, limit.one);
    const Found other = Find(results, limit.other);
    if (one.result == nullptr || other.result == nullptr) continue;
    const double measured = Measure(*one.result, *other.result, limit.compare);
    checked.push_back(
        {.what = WhatOf(limit, *other.work),
         .limit = (limit.at_most ? "at most " : "at least ") + Figure(limit.bound, limit.compare),
         .measured = Figure(measured, limit.compare),
         .held = limit.at_most ? measured <= limit.bound : measured >= limit.bound});
  }
  return checked;
}

}  // namespace arrowport::cli
