#include "stream/allocation_budget.h"

#include <cstdint>
#include <string>

#include "base/error.h"
#include "stream/incoming_memory.h"

namespace arrowport::stream {
namespace {

thread_local AllocationBudget* current_budget = nullptr;

}  // namespace

AllocationBudget::AllocationBudget(int64_t bytes_max, IncomingMemory::Grant* grant)
    : bytes_max_(bytes_max), grant_(grant), outer_(current_budget) {
  current_budget = this;
}

AllocationBudget::~AllocationBudget() { current_budget = outer_; }

Status AllocationBudget::Explain(const Status& status) const {
  if (!status.IsOutOfMemory() || ran_out_) return status;
  return MakeError(ErrorKind::kTooLarge, "a buffer announces more bytes than there can be");
}

Status OverMessageLimit(int64_t bytes_max) {
  return MakeError(ErrorKind::kTooLarge,
                   "a message needs more than " + std::to_string(bytes_max) +
                       " bytes of memory when decompressed; send smaller batches");
}

class BudgetedPool final : public arrow::MemoryPool {
 public:
  Status Allocate(int64_t size, int64_t alignment, uint8_t** out) override {
    ARROW_RETURN_NOT_OK(Spend(size));
    return Watched(pool_->Allocate(size, alignment, out), size);
  }

  Status Reallocate(int64_t old_size, int64_t new_size, int64_t alignment, uint8_t** ptr) override {
    const int64_t more = new_size > old_size ? new_size - old_size : 0;
    ARROW_RETURN_NOT_OK(Spend(more));
    ARROW_RETURN_NOT_OK(Watched(pool_->Reallocate(old_size, new_size, alignment, ptr), more));
    if (new_size < old_size) memory_.GiveBack(old_size - new_size);
    return Status::OK();
  }

  void Free(uint8_t* buffer, int64_t size, int64_t alignment) override {
    pool_->Free(buffer, size, alignment);
    memory_.GiveBack(size);
  }

  void ReleaseUnused() override { pool_->ReleaseUnused(); }
  [[nodiscard]] int64_t bytes_allocated() const override { return pool_->bytes_allocated(); }
  [[nodiscard]] int64_t max_memory() const override { return pool_->max_memory(); }
  [[nodiscard]] int64_t total_bytes_allocated() const override {
    return pool_->total_bytes_allocated();
  }
  [[nodiscard]] int64_t num_allocations() const override { return pool_->num_allocations(); }
  [[nodiscard]] std::string backend_name() const override { return pool_->backend_name(); }

 private:
  Status Watched(const Status& status, int64_t bytes) {
    if (status.ok()) return status;
    memory_.GiveBack(bytes);
    if (current_budget != nullptr) current_budget->ran_out_ = true;
    return status;
  }

  Status Spend(int64_t bytes) {
    if (bytes < 0) {
      return MakeError(ErrorKind::kInvalidInput,
                       "a buffer announces a negative size: " + std::to_string(bytes));
    }
    AllocationBudget* budget = current_budget;
    if (budget == nullptr) {
      memory_.TakeAnyway(bytes);
      return Status::OK();
    }
    if (bytes > budget->bytes_max_ - budget->bytes_used_) {
      return OverMessageLimit(budget->bytes_max_);
    }
    ARROW_RETURN_NOT_OK(memory_.Take(bytes, budget->bytes_used_ + bytes, budget->grant_));
    budget->bytes_used_ += bytes;
    return Status::OK();
  }

  arrow::MemoryPool* const pool_ = arrow::default_memory_pool();
  IncomingMemory& memory_ = IncomingMemory::OfProcess();
};

arrow::MemoryPool* BudgetedMemoryPool() {
  // Never destroyed: batches that live in other statics still free into it.
  static auto* const kPool = new BudgetedPool;
  return kPool;
}

}  // namespace arrowport::stream
