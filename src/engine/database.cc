#include "engine/database.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <duckdb.hpp>
#include <duckdb/storage/buffer_manager.hpp>

#include "base/call_control.h"
#include "base/error.h"
#include "engine/append.h"
#include "engine/catalog.h"
#include "engine/checkpointer.h"
#include "engine/core.h"
#include "engine/core_keeper.h"
#include "engine/describe_statement.h"
#include "engine/disk_reserve.h"
#include "engine/duckdb_error.h"
#include "engine/exchange.h"
#include "engine/execute_many.h"
#include "engine/execution_stream.h"
#include "engine/insert.h"
#include "engine/joint_append.h"
#include "engine/known_rows.h"
#include "engine/open_session.h"
#include "engine/result_budget.h"
#include "engine/result_stream.h"
#include "engine/session.h"
#include "engine/shape.h"
#include "engine/shape_plan.h"
#include "engine/stream_exchange.h"
#include "engine/table.h"
#include "engine/table_read.h"

namespace arrowport::engine {
namespace {

class DuckDbDatabase final : public Database {
 public:
  DuckDbDatabase(std::unique_ptr<CoreKeeper> keeper, const DatabaseOptions& options)
      : keeper_(std::move(keeper)),
        path_(options.path),
        reserve_(options.path, options.path == kInMemoryPath ? 0 : options.disk_reserve_bytes) {}

  ~DuckDbDatabase() override { (void)keeper_->Close(); }

  DuckDbDatabase(const DuckDbDatabase&) = delete;
  DuckDbDatabase& operator=(const DuckDbDatabase&) = delete;

  Result<std::shared_ptr<ResultStream>> Query(const Statement& statement,
                                              const QueryOptions& options,
                                              const CallControl& control) override {
    ARROW_ASSIGN_OR_RAISE(const CoreUse use, keeper_->Use());
    return StartQuery(use.core(), /*home=*/nullptr, statement, options, control);
  }

  Result<QueryInfo> DescribeQuery(const Statement& statement, const QueryOptions& options,
                                  const CallControl& control) override {
    ARROW_ASSIGN_OR_RAISE(const CoreUse use, keeper_->Use());
    return DescribeStatement(use.core(), statement, options, control);
  }

  Result<int64_t> ExecuteMany(const std::string& sql, const ParameterRows& rows,
                              const CallControl& control) override {
    ARROW_ASSIGN_OR_RAISE(const CoreUse use, keeper_->Use());
    return engine::ExecuteMany(use.core(), sql, rows, control);
  }

  Result<std::shared_ptr<Session>> OpenSession() override {
    ARROW_ASSIGN_OR_RAISE(const CoreUse use, keeper_->Use());
    return engine::OpenSession(use.core());
  }

  Result<int64_t> KnownRows(const Statement& statement, const CallControl& control) override {
    ARROW_ASSIGN_OR_RAISE(const CoreUse use, keeper_->Use());
    return engine::KnownRows(use.core(), statement, control);
  }

  Result<std::shared_ptr<Append>> BeginAppend(const TableName& table,
                                              const std::shared_ptr<arrow::Schema>& schema,
                                              const AppendOptions& options,
                                              const CallControl& control) override {
    ARROW_ASSIGN_OR_RAISE(const CoreUse use, keeper_->Use());
    return BeginInsert(use.core(), table, schema, options, control);
  }

  Status CheckAppend(const TableName& table, const std::shared_ptr<arrow::Schema>& schema,
                     const Landing* landing) override {
    ARROW_ASSIGN_OR_RAISE(const CoreUse use, keeper_->Use());
    return CheckInsert(*use.core(), table, schema, landing);
  }

  JointOutcome AppendTogether(const std::vector<TableRows>& parts, int64_t edition) override {
    const auto use = keeper_->Use(edition);
    if (!use.ok()) return {.status = use.status()};
    return engine::AppendTogether(use->core(), parts);
  }

  Result<std::shared_ptr<Exchange>> BeginExchange(const Statement& statement,
                                                  const std::shared_ptr<arrow::Schema>& schema,
                                                  const ExchangeOptions& options,
                                                  const CallControl& control) override {
    ARROW_ASSIGN_OR_RAISE(const CoreUse use, keeper_->Use());
    return BeginStreamExchange(use.core(), statement, schema, options, control);
  }

  Result<bool> ReadsTable(const Statement& statement, const std::string& name) override {
    ARROW_ASSIGN_OR_RAISE(const CoreUse use, keeper_->Use());
    return engine::ReadsTable(use.core(), statement, name);
  }

  Status CheckSelectsFrom(const Statement& statement, const std::string& name) override {
    ARROW_ASSIGN_OR_RAISE(const CoreUse use, keeper_->Use());
    return engine::CheckSelectsFrom(use.core(), statement, name);
  }

  Result<std::vector<TableInfo>> ListTables(const CallControl& control) override {
    ARROW_ASSIGN_OR_RAISE(const CoreUse use, keeper_->Use());
    return engine::ListTables(use.core(), control);
  }

  Result<TableInfo> DescribeTable(const TableName& table, const CallControl& control) override {
    ARROW_ASSIGN_OR_RAISE(const CoreUse use, keeper_->Use());
    return engine::DescribeTable(use.core(), table, control);
  }

  Status CheckShape(const Shape& shape) override {
    ARROW_ASSIGN_OR_RAISE(const CoreUse use, keeper_->Use());
    return engine::CheckShape(use.core(), shape);
  }

  Result<Statement> PlanShapedRead(const Shape& shape, const TableRead& read) override {
    ARROW_ASSIGN_OR_RAISE(const CoreUse use, keeper_->Use());
    ARROW_ASSIGN_OR_RAISE(std::string sql, ComposeShapedRead(use.core(), shape, read));
    return Statement{.sql = std::move(sql), .parameters = {}};
  }

  Result<ShapeAudit> PlanShapeAudit(const Shape& shape) override {
    ARROW_ASSIGN_OR_RAISE(const CoreUse use, keeper_->Use());
    return ComposeShapeAudit(use.core(), shape);
  }

  Result<VersionedTable> TableVersion(const TableName& table) override {
    ARROW_ASSIGN_OR_RAISE(const CoreUse use, keeper_->Use());
    return FindVersion(*use.core(), table);
  }

  Status Checkpoint() override {
    ARROW_ASSIGN_OR_RAISE(const CoreUse use, keeper_->Use());
    return RunCheckpoint(*use.core()->instance->instance, use.core()->workers);
  }

  [[nodiscard]] Counters counters() const override {
    Counters counters{.open = CheckOpen().ok() ? 1 : 0, .times_reopened = edition() - 1};
    std::error_code missing;
    const auto wal_bytes = std::filesystem::file_size(path_ + ".wal", missing);
    if (!missing) counters.wal_bytes = static_cast<int64_t>(wal_bytes);
    if (path_ != kInMemoryPath) counters.disk_free_bytes = reserve_.free_bytes();
    const auto use = keeper_->Use();
    if (!use.ok()) return counters;
    Core& core = *use->core();
    counters.running_queries = core.running_queries;
    counters.running_appends = core.running_appends;
    counters.result_bytes_held = core.result_budget->held();
    if (auto connection = core.Connect(); connection.ok()) {
      auto& buffers = duckdb::BufferManager::GetBufferManager(*(*connection)->context);
      counters.duckdb_memory_bytes = static_cast<int64_t>(buffers.GetUsedMemory());
    }
    return counters;
  }

  [[nodiscard]] int64_t edition() const override { return keeper_->edition(); }

  [[nodiscard]] Status CheckOpen() const override { return keeper_->Check(); }

  Status CheckRoom() override { return reserve_.Check(); }

  void CancelAll(const Status& reason) override {
    if (const auto use = keeper_->Use(); use.ok()) use->core()->CancelAll(reason);
  }

  Status Close() override { return keeper_->Close(); }

 private:
  const std::unique_ptr<CoreKeeper> keeper_;
  const std::string path_;
  mutable DiskReserve reserve_;
};

}  // namespace

Result<std::shared_ptr<Database>> Database::Open(const DatabaseOptions& options) {
  ARROW_ASSIGN_OR_RAISE(auto keeper, CoreKeeper::Open(options));
  return std::make_shared<DuckDbDatabase>(std::move(keeper), options);
}

int64_t CountRows(const ParameterRows& rows) {
  int64_t count = 0;
  for (const auto& batch : rows) count += batch->num_rows();
  return count;
}

std::string DuckDbVersion() { return duckdb::DuckDB::LibraryVersion(); }

}  // namespace arrowport::engine
