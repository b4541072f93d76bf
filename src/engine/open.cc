#include "engine/open.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <duckdb.hpp>

#include "base/error.h"
#include "engine/batch_source.h"
#include "engine/checkpointer.h"
#include "engine/core.h"
#include "engine/data_files.h"
#include "engine/data_source.h"
#include "engine/database.h"
#include "engine/duckdb_error.h"
#include "engine/planning_allocator.h"
#include "engine/result_budget.h"
#include "engine/workers.h"

namespace arrowport::engine {
namespace {

int64_t ThreadsOf(const DatabaseOptions& options) {
  if (options.threads > 0) return options.threads;
  return static_cast<int64_t>(
      duckdb::DBConfig::GetSystemMaxThreads(*duckdb::FileSystem::CreateLocal()));
}

void Configure(duckdb::DBConfig& config, const DatabaseOptions& options) {
  // Long statements give way to others after each step, so that short ones need not wait for them.
  config.SetOptionByName("scheduler_process_partial", duckdb::Value::BOOLEAN(true));
  // All threads are ours, see Workers.
  const int64_t threads = ThreadsOf(options);
  config.SetOptionByName("threads", duckdb::Value::BIGINT(threads));
  config.SetOptionByName("external_threads", duckdb::Value::BIGINT(threads));
  if (options.memory_bytes_max > 0) {
    config.SetOptionByName("memory_limit",
                           duckdb::Value(std::to_string(options.memory_bytes_max) + "B"));
  }
  if (!options.temp_directory.empty()) {
    config.SetOptionByName("temp_directory", duckdb::Value(options.temp_directory));
  }
  if (!options.extension_directory.empty()) {
    config.SetOptionByName("extension_directory", duckdb::Value(options.extension_directory));
  }
  // A server fetches no code by itself; extensions that lie in the directory are loaded when used.
  config.SetOptionByName("autoinstall_known_extensions", duckdb::Value::BOOLEAN(false));
  // The oldest format that DuckDB 1.5 would not have to upgrade: readers of 1.5 open it.
  config.SetOptionByName("storage_compatibility_version", duckdb::Value("v1.5.0"));
  config.SetOptionByName("custom_user_agent", duckdb::Value("arrowport"));
  config.allocator = MakePlanningAllocator();
}

// The name of a process, for the message about a lock: "duckdb (pid 4711)".
std::string NameOfProcess(const std::string& pid) {
  std::ifstream comm("/proc/" + pid + "/comm");
  std::string name;
  std::getline(comm, name);
  return (name.empty() ? "another process" : name) + " (pid " + pid + ")";
}

// DuckDB's message is "… Conflicting lock is held in /usr/bin/duckdb (PID 4711) …".
Status ExplainLock(const std::string& path, const Status& status) {
  constexpr std::string_view kMark = "(PID ";
  const std::string& message = status.message();
  if (message.find("Could not set lock") == std::string::npos) return status;
  std::string holder = "another process";
  if (const size_t mark = message.find(kMark); mark != std::string::npos) {
    const size_t begin = mark + kMark.size();
    holder = NameOfProcess(message.substr(begin, message.find(')', begin) - begin));
  }
  return MakeError(ErrorKind::kUnavailable, "database file '" + path + "' is open in " + holder +
                                                "; stop it, or serve another file");
}

// Opens the file, and has DuckDB replay its write-ahead log.
Status OpenFile(Core& core) {
  core.instance.reset();
  UsePlanningAllocator();
  return Guarded([&] {
    duckdb::DBConfig config;
    Configure(config, core.options);
    core.instance = std::make_unique<duckdb::DuckDB>(core.options.path, &config);
    return Status::OK();
  });
}

// Whether DuckDB joined the logs of a process that was killed in a checkpoint, and then refused the
// joined one for the mark of an earlier such checkpoint in it. It takes that log when it sees it
// for the first time. (Until its pull request 24260.)
bool IsRefusalOfJoinedLogs(const Status& status) {
  return status.message().find("checkpoint WAL cannot contain a checkpoint marker") !=
         std::string::npos;
}

Status CheckpointOpened(Core& core) {
  return Guarded([&] {
    // Those of the core come when it is known which instance stays.
    Workers workers;
    workers.Start(*core.instance->instance);
    return RunCheckpoint(*core.instance->instance, workers);
  });
}

// Puts what a killed process left in its log into the file. A log that goes on behind the mark of a
// checkpoint that was not finished is not safe: killed once more at the same point, DuckDB refuses
// it, or joins logs at the wrong mark. The same with a second log from before this start.
Status RecoverFile(Core& core) {
  const std::string log = core.options.path + ".wal";
  Status opened = OpenFile(core);
  if (IsRefusalOfJoinedLogs(opened)) opened = OpenFile(core);
  ARROW_RETURN_NOT_OK(opened);
  std::error_code ignored;
  std::filesystem::remove(log + ".checkpoint", ignored);
  if (!std::filesystem::exists(log, ignored) || CheckpointOpened(core).ok()) return Status::OK();
  // The disk may be full, which must not keep anybody from what is there.
  return OpenFile(core);
}

Status OpenInstance(Core& core) {
  ARROW_RETURN_NOT_OK(RecoverFile(core));
  return Guarded([&] {
    RegisterBatchSource(*core.instance->instance);
    core.workers.Start(*core.instance->instance);
    duckdb::Connection connection(*core.instance);
    core.default_catalog = duckdb::DatabaseManager::GetDefaultDatabase(*connection.context);
    // Timestamps with a zone are shown in UTC, wherever the server runs.
    ARROW_RETURN_NOT_OK(RunSql(connection, "SET GLOBAL TimeZone = 'UTC'"));
    if (core.options.path == kInMemoryPath) return Status::OK();
    return core.checkpointer.Start(*core.instance->instance, core.workers, core.options.path,
                                   core.options.checkpoint);
  });
}

}  // namespace

Result<std::shared_ptr<Core>> OpenCore(DatabaseOptions options,
                                       std::shared_ptr<ResultBudget> budget) {
  auto core = std::make_shared<Core>(std::move(options), std::move(budget));
  ARROW_RETURN_NOT_OK(WithContext("cannot open the database",
                                  ExplainLock(core->options.path, OpenInstance(*core))));
  const std::vector<DataSource>& sources = core->options.data_sources;
  if (!sources.empty()) {
    ARROW_ASSIGN_OR_RAISE(core->data_files, DataFiles::Open(*core->instance, sources));
  }
  return core;
}

}  // namespace arrowport::engine
