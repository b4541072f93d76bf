#include "cli/point_load.h"

#include <algorithm>
#include <barrier>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"

namespace arrowport::cli {
namespace {

using Clock = std::chrono::steady_clock;

double SecondsSince(Clock::time_point began) {
  return std::chrono::duration<double>(Clock::now() - began).count();
}

// What one client did. Written by its thread, read when that has ended.
struct Asked {
  std::vector<double> seconds;
  int64_t in_time = 0;  // Of the answers, those that came before the end.
  Status failure;
};

Status AskOnce(PointAsker& asker, int64_t key) {
  ARROW_ASSIGN_OR_RAISE(const int64_t rows, asker.Ask(key));
  if (rows == 1) return Status::OK();
  return MakeError(ErrorKind::kInternal, "key " + std::to_string(key) + " has " +
                                             std::to_string(rows) + " rows instead of one");
}

// Keys differ from client to client, and are the same in every run.
void AskForAWhile(PointAsker& asker, const PointLoad& load, uint32_t seed, std::barrier<>& start,
                  Asked& asked) {
  std::minstd_rand random(seed);
  std::uniform_int_distribution<int64_t> keys(0, load.keys - 1);
  asked.failure = AskOnce(asker, keys(random));
  start.arrive_and_wait();
  const Clock::time_point start_time = Clock::now();
  while (asked.failure.ok() && SecondsSince(start_time) < load.duration.count()) {
    const Clock::time_point began = Clock::now();
    asked.failure = AskOnce(asker, keys(random));
    asked.seconds.push_back(SecondsSince(began));
    if (SecondsSince(start_time) < load.duration.count()) ++asked.in_time;
  }
}

double Quantile(const std::vector<double>& sorted, double share) {
  const auto index = static_cast<size_t>(share * static_cast<double>(sorted.size()));
  return sorted[std::min(index, sorted.size() - 1)];
}

}  // namespace

Result<PointTimes> AskTogether(const std::vector<std::unique_ptr<PointAsker>>& askers,
                               const PointLoad& load) {
  std::vector<Asked> all(static_cast<size_t>(load.clients));
  std::barrier start(load.clients + 1);
  std::vector<std::jthread> threads;
  threads.reserve(all.size());
  for (size_t i = 0; i < all.size(); ++i) {
    threads.emplace_back(
        [&, i] { AskForAWhile(*askers[i], load, static_cast<uint32_t>(i) + 1, start, all[i]); });
  }
  start.arrive_and_wait();
  threads.clear();
  std::vector<double> seconds;
  int64_t in_time = 0;
  for (const Asked& asked : all) {
    ARROW_RETURN_NOT_OK(asked.failure);
    in_time += asked.in_time;
    seconds.insert(seconds.end(), asked.seconds.begin(), asked.seconds.end());
  }
  if (seconds.empty()) return MakeError(ErrorKind::kInternal, "nothing was answered in time");
  std::ranges::sort(seconds);
  constexpr double kMiddle = 0.5;
  constexpr double kAlmostAll = 0.99;
  return PointTimes{.p50_seconds = Quantile(seconds, kMiddle),
                    .p99_seconds = Quantile(seconds, kAlmostAll),
                    .per_second = static_cast<double>(in_time) / load.duration.count(),
                    .answers = static_cast<int64_t>(seconds.size())};
}

}  // namespace arrowport::cli
