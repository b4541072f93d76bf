#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace arrowport::engine {

/// The memory that all plans of a database may take together, from the first word of a statement
/// that is parsed to the end of what it does. DuckDB's own limit does not know of it. Safe to use
/// from many threads.
class PlanBudget {
 public:
  PlanBudget(int64_t most_bytes, std::chrono::milliseconds most_time)
      : bytes_max(most_bytes), time_max(most_time) {}

  /// What one plan has taken. Given back when it dies; the budget has to outlive it.
  class Share {
   public:
    explicit Share(PlanBudget& budget) : budget_(&budget) {}
    ~Share() { Release(); }
    Share(Share&& other) noexcept;
    Share& operator=(Share&& other) noexcept;
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;

    /// \return false when there is no room for so much, and nothing changes.
    [[nodiscard]] bool Resize(int64_t bytes);
    void Release();
    /// Whether so much would be too much for one plan, if it were alone.
    [[nodiscard]] bool IsTooMuch(int64_t bytes) const;

   private:
    PlanBudget* budget_;
    int64_t bytes_ = 0;
  };

  /// By all plans together, without what each has for free.
  [[nodiscard]] int64_t held() const { return held_.load(std::memory_order_relaxed); }

  /// For texts that are parsed where there is no database.
  static PlanBudget& OfTexts();

  const int64_t bytes_max;
  const std::chrono::milliseconds time_max;  ///< For one statement to be planned.

 private:
  std::atomic<int64_t> held_ = 0;
};

}  // namespace arrowport::engine
