#include "engine/result_budget.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "base/error.h"
#include "base/limits.h"

namespace arrowport::engine {

Result<ResultBudget::Place> ResultBudget::Enter(const std::shared_ptr<ResultBudget>& budget) {
  const int64_t floors = budget->floors_.fetch_add(limits::kResultFloorBytes);
  Place place(budget.get(),
              [budget](void* /*budget*/) { budget->floors_.fetch_sub(limits::kResultFloorBytes); });
  if (floors + limits::kResultFloorBytes <= budget->half_) return place;
  return MakeError(ErrorKind::kOverloaded,
                   "too many results are being read at once; the memory for results "
                   "(server_result_bytes_max) has room for " +
                       std::to_string(budget->half_ / limits::kResultFloorBytes));
}

int64_t ResultBudget::ShareOfOne() const {
  constexpr int64_t kPartOfFree = 4;
  const int64_t free = half_ - beyond_floors_.load(std::memory_order_relaxed);
  return limits::kResultFloorBytes + std::max<int64_t>(free, 0) / kPartOfFree;
}

void ResultBudget::Change(const Usage& before, const Usage& after) {
  const auto beyond_floor = [](const Usage& usage) {
    return std::max<int64_t>(usage.held + usage.reserved - limits::kResultFloorBytes, 0);
  };
  held_.fetch_add(after.held - before.held, std::memory_order_relaxed);
  beyond_floors_.fetch_add(beyond_floor(after) - beyond_floor(before), std::memory_order_relaxed);
}

}  // namespace arrowport::engine
