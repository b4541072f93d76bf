#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

#include <duckdb.hpp>

#include "base/call_control.h"
#include "base/error.h"
#include "engine/database.h"
#include "engine/workers.h"

namespace arrowport::engine {

/// Puts the write-ahead log into the file, on all threads: whoever writes to or reads from a table
/// waits while its rows are written. `workers` are those of `instance`.
Status RunCheckpoint(duckdb::DatabaseInstance& instance, Workers& workers);

/// Decides when the write-ahead log of a file goes into the file, in place of DuckDB, which does it
/// within whatever commit makes the log large. Where the process has more memory than DuckDB's
/// limit then, what DuckDB does not need is given back to the system. Safe to use from many
/// threads; Start and Stop are for its owner.
class Checkpointer {
 public:
  Checkpointer() = default;
  ~Checkpointer() { Stop(); }
  Checkpointer(const Checkpointer&) = delete;
  Checkpointer& operator=(const Checkpointer&) = delete;

  /// `instance`, whose file is `path`, and its `workers` must stay until Stop.
  Status Start(duckdb::DatabaseInstance& instance, Workers& workers, const std::string& path,
               const CheckpointOptions& options);
  void Stop();

  /// Says that something was committed.
  void Wrote();

 private:
  void Run();
  Status Checkpoint(int64_t wal_bytes);
  void GiveMemoryBack();
  [[nodiscard]] int64_t MemoryLimit() const;  // DuckDB's.
  [[nodiscard]] int64_t WalBytesMax() const;
  [[nodiscard]] int64_t WalBytes() const;

  // Constant between Start and Stop.
  duckdb::DatabaseInstance* instance_ = nullptr;
  Workers* workers_ = nullptr;
  std::string wal_path_;
  CheckpointOptions options_;
  std::thread thread_;

  Clock::time_point memory_looked_at_;  // Of thread_.

  // Everything below is guarded by mutex_.
  std::mutex mutex_;
  std::condition_variable changed_;
  Clock::time_point last_write_;
  bool written_ = false;  // Since the last checkpoint, as far as anyone said.
  bool sleeps_ = false;
  bool stopping_ = false;
};

}  // namespace arrowport::engine
