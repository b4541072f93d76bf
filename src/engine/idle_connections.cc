#include "engine/idle_connections.h"

#include <cstddef>
#include <mutex>
#include <random>
#include <utility>
#include <vector>

#include <duckdb.hpp>
#include <duckdb/common/random_engine.hpp>
#include <duckdb/main/client_config.hpp>
#include <duckdb/main/client_context.hpp>

namespace arrowport::engine {
namespace {

// As many as the threads that end queries: more are hardly ever in use at one time.
constexpr size_t kIdleMax = 32;

// enable_profiling() and its like are functions that a SELECT can read from.
bool IsAsNew(duckdb::ClientContext& context) {
  const auto& config = duckdb::ClientConfig::GetConfig(context);
  return context.transaction.IsAutoCommit() && !context.transaction.HasActiveTransaction() &&
         !config.enable_profiler && config.enable_optimizer && config.user_variables.empty();
}

// So does setseed().
void Reseed(duckdb::ClientContext& context) {
  thread_local std::mt19937_64 random{std::random_device{}()};
  duckdb::RandomEngine::Get(context).SetSeed(random());
}

}  // namespace

duckdb::unique_ptr<duckdb::Connection> IdleConnections::Take() {
  const std::lock_guard lock(mutex_);
  if (connections_.empty()) return nullptr;
  auto connection = std::move(connections_.back());
  connections_.pop_back();
  return connection;
}

void IdleConnections::Keep(duckdb::unique_ptr<duckdb::Connection> connection) {
  if (!IsAsNew(*connection->context)) return;
  Reseed(*connection->context);
  const std::lock_guard lock(mutex_);
  if (connections_.size() < kIdleMax) connections_.push_back(std::move(connection));
}

void IdleConnections::Clear() {
  std::vector<duckdb::unique_ptr<duckdb::Connection>> dropped;
  const std::lock_guard lock(mutex_);
  dropped.swap(connections_);
}

size_t IdleConnections::count() const {
  const std::lock_guard lock(mutex_);
  return connections_.size();
}

}  // namespace arrowport::engine
