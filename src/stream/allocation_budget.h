#pragma once

#include <cstdint>

#include <arrow/memory_pool.h>

#include "base/error.h"

namespace arrowport::stream {

/// While it lives, bounds what its thread allocates from BudgetedMemoryPool(): a compressed buffer
/// announces its own size, so a few bytes could ask for any amount of memory. Scopes nest.
class AllocationBudget {
 public:
  explicit AllocationBudget(int64_t bytes_max);
  ~AllocationBudget();

  AllocationBudget(const AllocationBudget&) = delete;
  AllocationBudget& operator=(const AllocationBudget&) = delete;

  /// Bytes allocated in this scope so far; what was freed again counts too.
  [[nodiscard]] int64_t bytes_used() const { return bytes_used_; }

  /// `status`, which Arrow gave in this scope; kTooLarge in place of the "out of memory" that it
  /// gives for a size which no memory has, without asking for it.
  [[nodiscard]] Status Explain(const Status& status) const;

 private:
  friend class BudgetedPool;

  // Constant after construction.
  const int64_t bytes_max_;
  AllocationBudget* const outer_;

  int64_t bytes_used_ = 0;
  bool ran_out_ = false;  // Of memory that was there.
};

/// Arrow's default pool, with every allocation counted against the AllocationBudget of the calling
/// thread, if it has one; kTooLarge over it. Lives as long as the process, so that what was
/// allocated from it may outlive everything else. Safe to use from many threads.
arrow::MemoryPool* BudgetedMemoryPool();

}  // namespace arrowport::stream
