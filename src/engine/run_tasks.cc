#include "engine/run_tasks.h"

#include <time.h>

#include <chrono>
#include <utility>

#include <duckdb.hpp>
#include <duckdb/execution/executor.hpp>
#include <duckdb/parallel/task_scheduler.hpp>

#include "engine/workers.h"

namespace arrowport::engine {
namespace {

// How long the thread that starts a statement works for it, and how much of that alone. A point
// query takes half of the latter.
constexpr auto kHelpTime = std::chrono::microseconds(1000);
constexpr auto kAloneTime = std::chrono::microseconds(600);

// The same for a kept plan: most are point queries, which on a slow machine take that long, and for
// which the workers come too late.
constexpr auto kKeptAloneTime = std::chrono::microseconds(4000);

// What the calling thread has worked: others that share its core do not make a statement a long
// one.
std::chrono::nanoseconds ThreadTime() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

void RunTasks(duckdb::ClientContext& context, Workers::Use& workers, bool may_be_point) {
  auto& scheduler = duckdb::TaskScheduler::GetScheduler(context);
  auto& executor = context.GetExecutor();
  const auto began = ThreadTime();
  const auto alone_time = may_be_point ? kKeptAloneTime : kAloneTime;
  const auto help_time = may_be_point ? kKeptAloneTime : kHelpTime;
  const auto goes_on = [&] {
    const auto worked = ThreadTime() - began;
    if (worked >= alone_time) workers.Need();
    return worked < help_time;
  };
  duckdb::shared_ptr<duckdb::Task> task;
  while (scheduler.GetTaskFromProducer(executor.GetToken(), task)) {
    auto result = duckdb::TaskExecutionResult::TASK_NOT_FINISHED;
    while (result == duckdb::TaskExecutionResult::TASK_NOT_FINISHED && goes_on()) {
      result = task->Execute(duckdb::TaskExecutionMode::PROCESS_PARTIAL);
    }
    if (result == duckdb::TaskExecutionResult::TASK_BLOCKED) {
      task->Deschedule();
      workers.Need();
    }
    if (result == duckdb::TaskExecutionResult::TASK_NOT_FINISHED) {
      duckdb::ProducerToken& token = *task->token;
      scheduler.ScheduleTask(token, std::move(task));
      return;
    }
    task = nullptr;
  }
}

}  // namespace arrowport::engine
