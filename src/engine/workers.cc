#include "engine/workers.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <thread>

#include <duckdb.hpp>
#include <duckdb/parallel/task_scheduler.hpp>

#include "base/call_control.h"

namespace arrowport::engine {
namespace {

// A statement that takes longer than this needs the workers, whatever it does. Short ones do not
// take as long even when many share the cores.
constexpr auto kPatience = std::chrono::milliseconds(100);

// How often the keeper looks.
constexpr auto kLook = std::chrono::milliseconds(20);

// How long the workers stay when nobody needs them any more: the next one may come soon.
constexpr auto kStay = std::chrono::milliseconds(50);

// How long after the last statement the keeper goes to sleep. To wake it takes a system call.
constexpr auto kQuiet = std::chrono::seconds(1);

// DuckDB counts the tasks that it has announced to its workers and that none has come for. They
// work that off when they come in, in some 100 ns for each; a statement has about six.
constexpr int64_t kAloneMax = 10'000;

}  // namespace

void Workers::Start(duckdb::DatabaseInstance& instance) {
  scheduler_ = &duckdb::TaskScheduler::GetScheduler(instance);
  const int32_t count = scheduler_->NumberOfThreads();
  for (int32_t i = 0; i < count; ++i) threads_.emplace_back([this] { Work(); });
  keeper_ = std::thread([this] { Keep(); });
}

void Workers::Stop() {
  {
    const std::lock_guard lock(mutex_);
    if (scheduler_ == nullptr) return;
    stopping_ = true;
    if (in_) LetOutLocked();
    let_in_or_stop_.notify_all();
    used_or_stop_.notify_all();
  }
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  keeper_.join();
  scheduler_ = nullptr;
}

void Workers::Work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    let_in_or_stop_.wait(lock, [this] { return in_ || stopping_; });
    if (stopping_) return;
    ++inside_;
    lock.unlock();
    scheduler_->ExecuteForever(&in_);
    lock.lock();
    --inside_;
    if (stopping_) used_or_stop_.notify_all();
  }
}

// Lets the workers in for statements that take long, and out when none has needed them for a while.
void Workers::Keep() {
  std::unique_lock lock(mutex_);
  while (!stopping_ || inside_ > 0) {
    const auto now = Clock::now();
    LookForLongOnesLocked(now);
    if (!in_ && alone_ >= kAloneMax) LetInLocked();
    const bool stay = not_alone_ > 0 || now - last_need_ < kStay;
    if (in_ && !stay) LetOutLocked();
    SignalAgainLocked(now);
    if (!in_ && inside_ == 0 && statements_.empty() && now - last_use_ >= kQuiet) {
      keeper_sleeps_ = true;
      used_or_stop_.wait(lock, [this] { return !keeper_sleeps_ || stopping_; });
      continue;
    }
    used_or_stop_.wait_for(lock, kLook, [this] { return stopping_ && inside_ == 0; });
  }
}

void Workers::LookForLongOnesLocked(Clock::time_point now) {
  for (Statement& statement : statements_) {
    if (now - statement.since < kPatience) return;
    NeedLocked(statement);
  }
}

// DuckDB has threads of its own after a SET threads that asked for more. All wait at one place, so
// one that is to stay takes the signal of one that is to go: ours, or DuckDB's own when a statement
// asks for fewer and waits for them.
void Workers::SignalAgainLocked(Clock::time_point now) {
  const auto all = static_cast<size_t>(scheduler_->NumberOfThreads());
  const bool lasts = !statements_.empty() && now - statements_.front().since >= kPatience;
  if ((!in_ && inside_ > 0) || (lasts && all > threads_.size())) scheduler_->Signal(all);
}

void Workers::NeedLocked(Statement& statement) {
  HandOverLocked(statement);
  statement.state = State::kNeeds;
}

void Workers::HandOverLocked(Statement& statement) {
  if (statement.state != State::kAlone) return;
  statement.state = State::kHandedOver;
  ++not_alone_;
  if (!in_) LetInLocked();
}

void Workers::LetInLocked() {
  if (stopping_) return;
  in_ = true;
  ++times_let_in_;
  alone_ = 0;
  last_need_ = Clock::now();
  let_in_or_stop_.notify_all();
}

void Workers::LetOutLocked() {
  in_ = false;
  // Those that wait for tasks come out for a signal.
  scheduler_->Signal(threads_.size());
}

Workers::Use::Use(Workers& workers)
    : workers_(workers), place_([&workers] {
        const std::lock_guard lock(workers.mutex_);
        workers.last_use_ = Clock::now();
        if (workers.keeper_sleeps_) {
          workers.keeper_sleeps_ = false;
          workers.used_or_stop_.notify_all();
        }
        return workers.statements_.insert(workers.statements_.end(),
                                          Statement{.since = workers.last_use_});
      }()) {}

Workers::Use::~Use() {
  const std::lock_guard lock(workers_.mutex_);
  if (place_->state == State::kAlone) {
    ++workers_.alone_;
  } else {
    --workers_.not_alone_;
  }
  if (place_->state == State::kNeeds) workers_.last_need_ = Clock::now();
  workers_.statements_.erase(place_);
}

void Workers::Use::Need() {
  const std::lock_guard lock(workers_.mutex_);
  workers_.NeedLocked(*place_);
}

void Workers::Use::HandOver() {
  const std::lock_guard lock(workers_.mutex_);
  workers_.HandOverLocked(*place_);
}

}  // namespace arrowport::engine
