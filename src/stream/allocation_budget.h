#pragma once

#include <cstdint>

#include <arrow/memory_pool.h>

#include "base/error.h"
#include "stream/incoming_memory.h"

namespace arrowport::stream {

/// While it lives, bounds what its thread allocates from BudgetedMemoryPool(): a compressed buffer
/// announces its own size, so a few bytes could ask for any amount of memory. The pool refuses also
/// what IncomingMemory has no room for. Scopes nest.
class AllocationBudget {
 public:
  /// `grant` is of memory that was asked for ahead; null: none was.
  explicit AllocationBudget(int64_t bytes_max, IncomingMemory::Grant* grant = nullptr);
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
  IncomingMemory::Grant* const grant_;
  AllocationBudget* const outer_;

  int64_t bytes_used_ = 0;
  bool ran_out_ = false;  // Of memory that was there.
};

/// kTooLarge: a message needs more than `bytes_max` when it is decompressed.
Status OverMessageLimit(int64_t bytes_max);

/// Arrow's default pool, with every allocation counted in IncomingMemory::OfProcess() until it is
/// freed, and against the AllocationBudget of the calling thread, if it has one: over either it is
/// refused. Without an AllocationBudget nothing is refused. Lives as long as the process, so that
/// what was allocated from it may outlive everything else. Safe to use from many threads.
arrow::MemoryPool* BudgetedMemoryPool();

}  // namespace arrowport::stream
