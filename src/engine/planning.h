#pragma once

#include <cstddef>
#include <cstdint>

#include <duckdb.hpp>

#include "base/call_control.h"
#include "base/error.h"
#include "engine/plan_budget.h"

namespace arrowport::engine {

/// Has what this thread asks of DuckDB's parser, binder and optimizer end when it takes more than
/// it may, or when nobody waits for it any more.
///
/// DuckDB plans a statement in one go, asks nobody whether it may go on, and its memory limit knows
/// nothing of what that takes; and what a statement will take cannot be read off its text, since
/// views, macros, CTEs and stars in it grow, and each step of the optimizer has its own costs. But
/// all of that allocates. So, as long as an object of this class is on, `operator new` of its
/// thread looks from time to time how much memory the thread has taken, and fails as it does when
/// there is none, which DuckDB takes for an error of that statement alone.
///
/// Off while anything runs or is committed, and while DuckDB makes the pipelines of a plan: a
/// failure there is one that it does not survive. For one thread at a time, that which made it;
/// made within another's scope it takes its place.
class Planning final {
 public:
  /// On from the beginning, for what is planned on `context`, or for a text that is only parsed.
  /// Both and `budget` have to outlive it.
  Planning(PlanBudget& budget, const CallControl& control,
           duckdb::ClientContext* context = nullptr);
  ~Planning();
  Planning(const Planning&) = delete;
  Planning& operator=(const Planning&) = delete;

  /// For what is planned after something ran. What was planned before is gone.
  void TurnOn();

  /// Of the one that is on for this thread, if any.
  static void TurnOff();

  /// The same, for a statement whose plan is made and is about to run, for which DuckDB will take
  /// `more_bytes`. Throws std::bad_alloc if that is too much, or if this has ended what was planned
  /// before: DuckDB takes some failures for a reason to plan otherwise.
  static void Finish(int64_t more_bytes);

  /// Goes off. `status`, or if this has ended what was planned, why.
  [[nodiscard]] Status Explain(const Status& status);

  /// Goes off. The share of the budget that was taken, to be held as long as there is the plan.
  PlanBudget::Share TakeShare();

  /// Of whoever is about to allocate: `operator new`, and DuckDB's allocator.
  static void Allocating(size_t bytes) {
    if (current_ == nullptr) [[likely]]
      return;
    current_->Count(bytes);
  }

 private:
  enum class End { kNone, kTooLarge, kTooLong, kOthers, kDeadline, kStopped };

  void Count(size_t bytes) {
    if (--unlooked_ > 0 && bytes < kLargeBytes) return;
    Look(static_cast<int64_t>(bytes));
  }
  class TransactionWatch;

  [[nodiscard]] bool MayFail() const;
  void Look(int64_t more_bytes);
  [[nodiscard]] End FindEnd(int64_t more_bytes);

  static constexpr size_t kLargeBytes = 64 * 1024;

  // The one that is on for this thread. Without a constructor, so that a look costs one load.
  static thread_local constinit Planning* current_;

  // Constant after construction.
  PlanBudget& budget_;
  const CallControl control_;
  duckdb::ClientContext* const context_;

  Planning* around_ = nullptr;
  bool is_on_ = false;
  bool had_transaction_ = false;  ///< Since it was turned on. Where there is none now, it ends.
  int unlooked_ = 0;              ///< Allocations until the next look.
  // When it was turned on: the time, and what the thread had.
  Clock::time_point time_then_;
  int64_t bytes_then_ = 0;
  PlanBudget::Share share_;
  End end_ = End::kNone;
};

}  // namespace arrowport::engine
