#include "engine/core.h"

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <duckdb/catalog/catalog.hpp>
#include <duckdb/main/attached_database.hpp>
#include <duckdb/main/database_manager.hpp>
#include <duckdb/main/valid_checker.hpp>
#include <duckdb/transaction/duck_transaction_manager.hpp>

#include "base/error.h"
#include "engine/data_files.h"
#include "engine/duckdb_error.h"
#include "engine/execution.h"
#include "engine/result_budget.h"

namespace arrowport::engine {

Core::Core(DatabaseOptions database_options, std::shared_ptr<ResultBudget> budget)
    : options(std::move(database_options)),
      result_budget(budget != nullptr
                        ? std::move(budget)
                        : std::make_shared<ResultBudget>(options.server_result_bytes_max)) {}

bool Core::Enter() {
  const std::lock_guard lock(mutex_);
  if (closing_) return false;
  ++calls_;
  return true;
}

void Core::Leave() {
  const std::lock_guard lock(mutex_);
  if (--calls_ == 0 && closing_) changed_.notify_all();
}

bool Core::Register(const Execution* execution, std::weak_ptr<Execution> reference) {
  std::lock_guard lock(mutex_);
  if (closing_) return false;
  running_.emplace(execution, std::move(reference));
  return true;
}

void Core::Unregister(const Execution* execution) {
  std::lock_guard lock(mutex_);
  if (running_.erase(execution) > 0) changed_.notify_all();
}

Result<duckdb::unique_ptr<duckdb::Connection>> Core::Connect() {
  return Guarded([this]() -> Result<duckdb::unique_ptr<duckdb::Connection>> {
    duckdb::unique_ptr<duckdb::Connection> connection;
    std::shared_ptr<DataFiles> files;
    {
      std::lock_guard lock(mutex_);
      if (closing_) return MakeError(ErrorKind::kUnavailable, "the database is closing");
      connection = duckdb::make_uniq<duckdb::Connection>(*instance);
      files = data_files;
    }
    if (files != nullptr) files->Show(*connection);
    return connection;
  });
}

uint64_t Core::LastCommit(const std::string& catalog) const {
  const auto attached = duckdb::DatabaseManager::Get(*instance->instance).GetDatabase(catalog);
  if (attached == nullptr || !attached->GetCatalog().IsDuckCatalog()) return 0;
  return duckdb::DuckTransactionManager::Get(*attached).GetLastCommit();
}

uint64_t Core::OldestSeen(const std::string& catalog) const {
  const auto attached = duckdb::DatabaseManager::Get(*instance->instance).GetDatabase(catalog);
  if (attached == nullptr || !attached->GetCatalog().IsDuckCatalog()) return 0;
  return duckdb::DuckTransactionManager::Get(*attached).LowestActiveStart();
}

Status Core::Blame(const Status& status) const {
  return data_files == nullptr ? status : data_files->Blame(status);
}

void Core::CancelAll(const Status& reason) {
  std::vector<std::shared_ptr<Execution>> executions;
  {
    std::lock_guard lock(mutex_);
    for (const auto& [key, reference] : running_) {
      if (auto execution = reference.lock()) executions.push_back(std::move(execution));
    }
  }
  for (const auto& execution : executions) execution->Cancel(reason);
}

Status Core::CheckSound() const {
  auto& database = *instance->instance;
  if (!duckdb::ValidChecker::IsInvalidated(database)) return Status::OK();
  return MakeError(ErrorKind::kUnavailable,
                   "DuckDB has given up the database: " +
                       WithoutTrace(duckdb::ValidChecker::InvalidatedMessage(database)));
}

Status Core::Settle(const Status& committed) const {
  if (IsFailedWrite(committed, options.path)) {
    duckdb::ValidChecker::Invalidate(*instance->instance, committed.message());
  }
  const Status sound = CheckSound();
  if (sound.ok()) return committed;
  return WithContext("whether the rows have landed is not known; send them again", sound);
}

Status Core::Close(const Status& reason) {
  {
    std::lock_guard lock(mutex_);
    if (closing_) return Status::OK();
    closing_ = true;
  }
  CancelAll(reason);
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return running_.empty() && calls_ == 0; });
  }
  std::shared_ptr<DataFiles> files;
  {
    std::lock_guard lock(mutex_);
    files.swap(data_files);
  }
  return Guarded([&] {
    files.reset();
    checkpointer.Stop();
    idle_connections.Clear();
    kept_connections.CloseAll();
    workers.Stop();
    watched_instance_ = instance->instance;
    instance.reset();
    return Status::OK();
  });
}

}  // namespace arrowport::engine
