#include "engine/checkpointer.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>

#include <duckdb.hpp>
#include <duckdb/catalog/catalog.hpp>
#include <duckdb/common/allocator.hpp>
#include <duckdb/main/attached_database.hpp>
#include <duckdb/main/database_manager.hpp>
#include <duckdb/storage/buffer_manager.hpp>
#include <duckdb/transaction/transaction_manager.hpp>

#include "base/call_control.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/resident_memory.h"
#include "engine/database.h"
#include "engine/duckdb_error.h"

namespace arrowport::engine {
namespace {

// How often the log is looked at while something is written. DuckDB begins a checkpoint beside open
// inserts, but only in a moment in which no transaction has changed rows or tables: one that is due
// may be tried for a while.
constexpr auto kLookStep = std::chrono::milliseconds(20);

// How often the memory is looked at meanwhile.
constexpr auto kMemoryStep = std::chrono::milliseconds(100);

// Before the next try when it was not for somebody who writes that there was no checkpoint.
constexpr auto kFailureWait = std::chrono::seconds(5);

// A smaller log is not worth a checkpoint of its own.
constexpr int64_t kIdleWalBytesMin = kMiB;

// Of DuckDB's memory, which the rows in the log take up until they are in the file.
constexpr int64_t kMemoryShare = 4;

// DuckDB's own checkpoints, within a commit, come only when ours find no moment.
constexpr int64_t kDuckDbFactor = 4;

}  // namespace

// Not the statement: a worker runs that, and the thread which asks looks for tasks of its own all
// the while, on a core that the others need.
Status RunCheckpoint(duckdb::DatabaseInstance& instance, Workers& workers) {
  Workers::Use use(workers);
  use.Need();
  return Guarded([&instance] {
    duckdb::Connection connection(instance);
    duckdb::ClientContext& context = *connection.context;
    context.RunFunctionInTransaction([&context] {
      const auto& name = duckdb::DatabaseManager::GetDefaultDatabase(context);
      auto& file = duckdb::Catalog::GetCatalog(context, name).GetAttached();
      duckdb::TransactionManager::Get(file).Checkpoint(context);
    });
    return Status::OK();
  });
}

Status Checkpointer::Start(duckdb::DatabaseInstance& instance, Workers& workers,
                           const std::string& path, const CheckpointOptions& options) {
  instance_ = &instance;
  workers_ = &workers;
  wal_path_ = path + ".wal";
  options_ = options;
  duckdb::Connection connection(instance);
  ARROW_RETURN_NOT_OK(RunSql(connection, "SET GLOBAL checkpoint_threshold = '" +
                                             std::to_string(kDuckDbFactor * options.wal_bytes_max) +
                                             " bytes'"));
  thread_ = std::thread([this] { Run(); });
  return Status::OK();
}

void Checkpointer::Stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Checkpointer::Wrote() {
  const std::lock_guard lock(mutex_);
  last_write_ = Clock::now();
  written_ = true;
  if (sleeps_) changed_.notify_all();
}

void Checkpointer::Run() {
  std::unique_lock lock(mutex_);
  std::chrono::milliseconds wait = kLookStep;
  while (!stopping_) {
    sleeps_ = true;
    changed_.wait(lock, [this] { return stopping_ || written_; });
    sleeps_ = false;
    if (changed_.wait_for(lock, wait, [this] { return stopping_; })) return;
    wait = kLookStep;
    if (Clock::now() - memory_looked_at_ >= kMemoryStep) {
      lock.unlock();
      GiveMemoryBack();
      lock.lock();
    }
    const int64_t bytes = WalBytes();
    const bool is_idle = Clock::now() - last_write_ >= options_.idle;
    const int64_t bytes_max = WalBytesMax();
    if (bytes < bytes_max && !is_idle) continue;
    // Nobody is going to write, so nobody needs to look.
    written_ = false;
    if (bytes < std::min(kIdleWalBytesMin, bytes_max)) continue;
    lock.unlock();
    const Status done = Checkpoint(bytes);
    lock.lock();
    if (done.ok()) continue;
    written_ = true;
    if (KindOf(done) != ErrorKind::kConflict) wait = kFailureWait;
  }
}

Status Checkpointer::Checkpoint(int64_t wal_bytes) {
  // DuckDB would give up the database. What is in the log is safe there.
  std::error_code unknown;
  const auto space = std::filesystem::space(wal_path_, unknown);
  if (!unknown && static_cast<int64_t>(space.available) < wal_bytes) {
    return MakeError(ErrorKind::kStorageFull, "the disk has no room for what is in the log");
  }
  // A checkpoint needs memory before it frees some.
  GiveMemoryBack();
  ARROW_RETURN_NOT_OK(RunCheckpoint(*instance_, *workers_));
  GiveMemoryBack();
  return Status::OK();
}

// What DuckDB freed stays with its allocator for seconds, as the memory of the rows of a log that
// are in the file. Whoever writes needs it again, and has to wait for the system then, which takes
// a twelfth of the puts of a busy table: so it is given back only where memory is short.
void Checkpointer::GiveMemoryBack() {
  if (ResidentBytes() > MemoryLimit()) duckdb::Allocator::FlushAll();
  memory_looked_at_ = Clock::now();
}

int64_t Checkpointer::MemoryLimit() const {
  const auto& memory = duckdb::BufferManager::GetBufferManager(*instance_);
  return static_cast<int64_t>(memory.GetMaxMemory());
}

int64_t Checkpointer::WalBytesMax() const {
  return std::min(options_.wal_bytes_max, MemoryLimit() / kMemoryShare);
}

int64_t Checkpointer::WalBytes() const {
  std::error_code missing;
  const auto bytes = std::filesystem::file_size(wal_path_, missing);
  return missing ? 0 : static_cast<int64_t>(bytes);
}

}  // namespace arrowport::engine
