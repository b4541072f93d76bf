#include "engine/planning.h"

#include <stdlib.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <new>
#include <string>
#include <utility>

#include <malloc.h>

#include "base/call_control.h"
#include "base/error.h"
#include "base/limits.h"
#include "engine/plan_budget.h"

// jemalloc's; a program under a sanitizer has none.
extern "C" [[gnu::weak]] int mallctl(const char* name, void* old, size_t* old_bytes, void* value,
                                     size_t value_bytes);

namespace arrowport::engine {
namespace {

// A statement that takes fewer allocations is never ended: most, and what DuckDB does when it
// begins one, such as to note its transactions.
constexpr int kAllocationsFree = 4096;

constexpr int kAllocationsBetweenLooks = 128;

// For whoever handles the failure. If that is not the end, there will be another.
constexpr int kAllocationsAfterEnd = 16'384;

const uint64_t* FindCounter(const char* name) {
  static const uint64_t kNothing = 0;
  uint64_t* counter = nullptr;
  size_t bytes = sizeof(counter);
  if (mallctl == nullptr || mallctl(name, &counter, &bytes, nullptr, 0) != 0) return &kNothing;
  return counter;
}

// What this thread has allocated and not freed, since it began. 0 without jemalloc.
int64_t BytesOfThread() {
  thread_local const uint64_t* const kAllocated = FindCounter("thread.allocatedp");
  thread_local const uint64_t* const kFreed = FindCounter("thread.deallocatedp");
  return static_cast<int64_t>(*kAllocated - *kFreed);
}

std::string Mebibytes(int64_t bytes) { return std::to_string(bytes / kMiB) + " MiB"; }

}  // namespace

thread_local constinit Planning* Planning::current_ = nullptr;

/// Tells the planning that is on that its context has a transaction.
class Planning::TransactionWatch final : public duckdb::ClientContextState {
 public:
  void TransactionBegin(duckdb::MetaTransaction& /*transaction*/,
                        duckdb::ClientContext& context) override {
    if (current_ != nullptr && current_->context_ == &context) current_->had_transaction_ = true;
  }
};

Planning::Planning(PlanBudget& budget, const CallControl& control, duckdb::ClientContext* context)
    : budget_(budget), control_(control), context_(context), share_(budget) {
  if (context != nullptr) {
    context->registered_state->GetOrCreate<TransactionWatch>("arrowport_planning");
  }
  TurnOn();
}

Planning::~Planning() {
  if (is_on_) TurnOff();
}

void Planning::TurnOn() {
  if (is_on_) return;
  is_on_ = true;
  had_transaction_ = context_ != nullptr && context_->transaction.HasActiveTransaction();
  around_ = std::exchange(current_, this);
  unlooked_ = kAllocationsFree;
  time_then_ = Clock::now();
  bytes_then_ = BytesOfThread();
}

void Planning::TurnOff() {
  Planning* const ending = current_;
  if (ending == nullptr) return;
  current_ = ending->around_;
  ending->is_on_ = false;
  (void)ending->share_.Resize(BytesOfThread() - ending->bytes_then_);
}

void Planning::Finish(int64_t more_bytes) {
  Planning* const ending = current_;
  if (ending == nullptr) return;
  const End end = ending->FindEnd(more_bytes);
  current_ = ending->around_;
  ending->is_on_ = false;
  ending->end_ = end;
  if (end != End::kNone) throw std::bad_alloc();
}

Status Planning::Explain(const Status& status) {
  if (is_on_) TurnOff();
  if (status.ok()) return status;
  switch (end_) {
    case End::kNone:
      return status;
    case End::kTooLarge:
      return MakeError(ErrorKind::kTooLarge,
                       "the statement takes more than the " + Mebibytes(budget_.bytes_max) +
                           " of memory to plan that planning_bytes_max allows; write it with "
                           "fewer expressions and tables, or send its values as rows");
    case End::kTooLong:
      return MakeError(ErrorKind::kTooLarge,
                       "the statement takes longer than the " +
                           std::to_string(budget_.time_max.count()) +
                           " ms to plan that planning_time_max allows; write it with fewer "
                           "expressions and tables, or send its values as rows");
    case End::kOthers:
      return MakeError(ErrorKind::kOverloaded,
                       "other statements have taken the " + Mebibytes(budget_.bytes_max) +
                           " that planning_bytes_max allows all plans together; try again");
    case End::kDeadline:
      return MakeError(ErrorKind::kDeadlineExceeded,
                       "the deadline passed; the statement was cancelled while it was planned");
    case End::kStopped:
      return MakeError(ErrorKind::kCancelled, "the caller cancelled the statement");
  }
  return status;
}

PlanBudget::Share Planning::TakeShare() {
  if (is_on_) TurnOff();
  return std::exchange(share_, PlanBudget::Share(budget_));
}

Planning::End Planning::FindEnd(int64_t more_bytes) {
  if (end_ != End::kNone) return end_;
  if (control_.stop.stop_requested()) return End::kStopped;
  const auto now = Clock::now();
  if (control_.deadline && now >= *control_.deadline) return End::kDeadline;
  if (budget_.time_max.count() > 0 && now - time_then_ >= budget_.time_max) return End::kTooLong;
  const int64_t bytes = BytesOfThread() - bytes_then_ + more_bytes;
  if (share_.Resize(bytes)) return End::kNone;
  return share_.IsTooMuch(bytes) ? End::kTooLarge : End::kOthers;
}

// A failure while another one unwinds or a transaction ends would end the program, and one while an
// error is handled would leave that undone.
bool Planning::MayFail() const {
  if (std::uncaught_exceptions() > 0 || std::current_exception() != nullptr) return false;
  return !had_transaction_ || context_->transaction.HasActiveTransaction();
}

void Planning::Look(int64_t more_bytes) {
  unlooked_ = kAllocationsBetweenLooks;
  if (!MayFail()) return;
  const End end = FindEnd(more_bytes);
  if (end == End::kNone) return;
  end_ = end;
  unlooked_ = kAllocationsAfterEnd;
  throw std::bad_alloc();
}

}  // namespace arrowport::engine

// Those of the program, for DuckDB's library too.

void* operator new(size_t bytes) {
  arrowport::engine::Planning::Allocating(bytes);
  for (;;) {
    if (void* const memory = malloc(bytes == 0 ? 1 : bytes); memory != nullptr) return memory;
    const std::new_handler handler = std::get_new_handler();
    if (handler == nullptr) throw std::bad_alloc();
    handler();
  }
}
void* operator new[](size_t bytes) { return operator new(bytes); }
// A sanitizer would have its own of these, and what they take is freed by those below.
void* operator new(size_t bytes, const std::nothrow_t& /*unused*/) noexcept {
  try {
    return operator new(bytes);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}
void* operator new[](size_t bytes, const std::nothrow_t& nothrow) noexcept {
  return operator new(bytes, nothrow);
}
void operator delete(void* memory) noexcept { free(memory); }
void operator delete[](void* memory) noexcept { free(memory); }
void operator delete(void* memory, size_t /*bytes*/) noexcept { free(memory); }
void operator delete[](void* memory, size_t /*bytes*/) noexcept { free(memory); }
