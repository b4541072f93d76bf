#include "engine/plan_budget.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "base/limits.h"

namespace arrowport::engine {
namespace {

int64_t BeyondFree(int64_t bytes) { return std::max<int64_t>(bytes - limits::kPlanBytesFree, 0); }

}  // namespace

PlanBudget& PlanBudget::OfTexts() {
  static PlanBudget budget(limits::kTextPlanBytesMax, limits::kTextPlanTimeMax);
  return budget;
}

PlanBudget::Share::Share(Share&& other) noexcept
    : budget_(other.budget_), bytes_(std::exchange(other.bytes_, 0)) {}

PlanBudget::Share& PlanBudget::Share::operator=(Share&& other) noexcept {
  if (this == &other) return *this;
  Release();
  budget_ = other.budget_;
  bytes_ = std::exchange(other.bytes_, 0);
  return *this;
}

bool PlanBudget::Share::Resize(int64_t bytes) {
  const int64_t wanted = BeyondFree(bytes);
  const int64_t more = wanted - bytes_;
  if (more == 0) return true;
  const int64_t held = budget_->held_.fetch_add(more, std::memory_order_relaxed) + more;
  if (more > 0 && held > budget_->bytes_max) {
    budget_->held_.fetch_sub(more, std::memory_order_relaxed);
    return false;
  }
  bytes_ = wanted;
  return true;
}

bool PlanBudget::Share::IsTooMuch(int64_t bytes) const {
  return BeyondFree(bytes) > budget_->bytes_max;
}

void PlanBudget::Share::Release() { (void)Resize(0); }

}  // namespace arrowport::engine
