#include "cli/client_load.h"

#include <algorithm>
#include <barrier>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "base/error.h"

namespace arrowport::cli {
namespace {

using Clock = std::chrono::steady_clock;

double SecondsSince(Clock::time_point began) {
  return std::chrono::duration<double>(Clock::now() - began).count();
}

// What one client did. Written by its thread, read when that has ended.
struct Called {
  ClientLog log;
  Status failure;
};

void CallForAWhile(LoadClient& client, std::chrono::duration<double> duration,
                   std::barrier<>& start, Called& called) {
  called.failure = client.Call();
  start.arrive_and_wait();
  const Clock::time_point start_time = Clock::now();
  while (called.failure.ok() && SecondsSince(start_time) < duration.count()) {
    const Clock::time_point began = Clock::now();
    called.failure = client.Call();
    called.log.seconds.push_back(SecondsSince(began));
    called.log.whole_seconds = SecondsSince(start_time);
  }
}

double Quantile(const std::vector<double>& sorted, double share) {
  const auto index = static_cast<size_t>(share * static_cast<double>(sorted.size()));
  return sorted[std::min(index, sorted.size() - 1)];
}

}  // namespace

Result<LoadTimes> TimesOf(const std::vector<ClientLog>& logs) {
  std::vector<double> seconds;
  double per_second = 0;
  for (const ClientLog& log : logs) {
    if (log.whole_seconds > 0) {
      per_second += static_cast<double>(log.seconds.size()) / log.whole_seconds;
    }
    seconds.insert(seconds.end(), log.seconds.begin(), log.seconds.end());
  }
  if (seconds.empty()) return MakeError(ErrorKind::kInternal, "nothing was answered");
  std::ranges::sort(seconds);
  constexpr double kMiddle = 0.5;
  constexpr double kAlmostAll = 0.99;
  return LoadTimes{.p50_seconds = Quantile(seconds, kMiddle),
                   .p99_seconds = Quantile(seconds, kAlmostAll),
                   .per_second = per_second,
                   .answers = static_cast<int64_t>(seconds.size())};
}

Result<LoadTimes> CallTogether(const std::vector<std::unique_ptr<LoadClient>>& clients,
                               std::chrono::duration<double> duration) {
  std::vector<Called> all(clients.size());
  std::barrier start(static_cast<std::ptrdiff_t>(clients.size()) + 1);
  std::vector<std::jthread> threads;
  threads.reserve(all.size());
  for (size_t i = 0; i < all.size(); ++i) {
    threads.emplace_back([&, i] { CallForAWhile(*clients[i], duration, start, all[i]); });
  }
  start.arrive_and_wait();
  threads.clear();
  std::vector<ClientLog> logs;
  logs.reserve(all.size());
  for (Called& called : all) {
    ARROW_RETURN_NOT_OK(called.failure);
    logs.push_back(std::move(called.log));
  }
  return TimesOf(logs);
}

}  // namespace arrowport::cli
