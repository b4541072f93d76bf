#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "base/error.h"

namespace arrowport::engine {

/// The memory that all results of a database may hold together, shared out so that slow readers,
/// however many, leave something for the next one.
///
/// Half of it are floors: every result that runs is sure of `limits::kResultFloorBytes`. Of the
/// other half a result may take a quarter of what is free at the moment, so the more there are that
/// hold much, the less each may hold, and a rest is always free (the dynamic thresholds of
/// Choudhury and Hahne, IEEE/ACM Transactions on Networking 6, 1998). Safe to use from many
/// threads.
class ResultBudget {
 public:
  explicit ResultBudget(int64_t bytes_max) : half_(bytes_max / 2) {}

  /// A floor that is set aside for one result as long as this lives.
  using Place = std::shared_ptr<void>;

  /// kOverloaded when no floor is left.
  static Result<Place> Enter(const std::shared_ptr<ResultBudget>& budget);

  /// What one result may use now.
  [[nodiscard]] int64_t ShareOfOne() const;

  /// What one result takes.
  struct Usage {
    int64_t held = 0;      ///< Batches that are made and not let go.
    int64_t reserved = 0;  ///< For batches in the making.
  };

  /// A result that took `before` takes `after`.
  void Change(const Usage& before, const Usage& after);

  /// By all results together.
  [[nodiscard]] int64_t held() const { return held_.load(std::memory_order_relaxed); }

 private:
  const int64_t half_;
  std::atomic<int64_t> held_ = 0;
  std::atomic<int64_t> floors_ = 0;         // Of all results that are in.
  std::atomic<int64_t> beyond_floors_ = 0;  // What results use, each without its floor.
};

}  // namespace arrowport::engine
