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
#include "engine/core.h"
#include "engine/duckdb_error.h"
#include "engine/exchange.h"
#include "engine/execution.h"
#include "engine/execution_stream.h"
#include "engine/insert.h"
#include "engine/joint_append.h"
#include "engine/known_rows.h"
#include "engine/open.h"
#include "engine/result_budget.h"
#include "engine/result_stream.h"
#include "engine/shape.h"
#include "engine/shape_plan.h"
#include "engine/start_gate.h"
#include "engine/stream_exchange.h"
#include "engine/table.h"
#include "engine/table_read.h"
#include "engine/workers.h"

namespace arrowport::engine {
namespace {

class DuckDbDatabase final : public Database {
 public:
  explicit DuckDbDatabase(std::shared_ptr<Core> core) : core_(std::move(core)) {}

  ~DuckDbDatabase() override { (void)core_->Close(); }

  DuckDbDatabase(const DuckDbDatabase&) = delete;
  DuckDbDatabase& operator=(const DuckDbDatabase&) = delete;

  Result<std::shared_ptr<ResultStream>> Query(const Statement& statement,
                                              const QueryOptions& options,
                                              const CallControl& control) override {
    ARROW_ASSIGN_OR_RAISE(auto place, ResultBudget::Enter(core_->result_budget));
    const StartGate::Pass pass(core_->start_gate);
    ExecutionOptions execution_options;
    execution_options.ordered = options.ordered;
    execution_options.read_only = options.read_only;
    execution_options.help = true;
    ARROW_ASSIGN_OR_RAISE(auto execution,
                          Execution::Start(core_, statement, execution_options, control));
    return MakeResultStream(std::move(execution), std::move(place));
  }

  Result<QueryInfo> DescribeQuery(const Statement& statement, const QueryOptions& options,
                                  const CallControl& /*control*/) override {
    return DescribeStatement(core_, statement, options);
  }

  Result<int64_t> KnownRows(const Statement& statement, const CallControl& control) override {
    return engine::KnownRows(core_, statement, control);
  }

  Result<std::shared_ptr<Append>> BeginAppend(const TableName& table,
                                              const std::shared_ptr<arrow::Schema>& schema,
                                              const AppendOptions& options,
                                              const CallControl& control) override {
    return BeginInsert(core_, table, schema, options, control);
  }

  Status CheckAppend(const TableName& table, const std::shared_ptr<arrow::Schema>& schema,
                     const Landing* landing) override {
    return CheckInsert(*core_, table, schema, landing);
  }

  JointOutcome AppendTogether(const std::vector<TableRows>& parts) override {
    return engine::AppendTogether(core_, parts);
  }

  Result<std::shared_ptr<Exchange>> BeginExchange(const Statement& statement,
                                                  const std::shared_ptr<arrow::Schema>& schema,
                                                  const ExchangeOptions& options,
                                                  const CallControl& control) override {
    return BeginStreamExchange(core_, statement, schema, options, control);
  }

  Result<bool> ReadsTable(const Statement& statement, const std::string& name) override {
    return engine::ReadsTable(core_, statement, name);
  }

  Status CheckSelectsFrom(const Statement& statement, const std::string& name) override {
    return engine::CheckSelectsFrom(core_, statement, name);
  }

  Result<std::vector<TableInfo>> ListTables(const CallControl& control) override {
    return engine::ListTables(core_, control);
  }

  Result<TableInfo> DescribeTable(const TableName& table, const CallControl& control) override {
    return engine::DescribeTable(core_, table, control);
  }

  Status CheckShape(const Shape& shape) override { return engine::CheckShape(core_, shape); }

  Result<Statement> PlanShapedRead(const Shape& shape, const TableRead& read) override {
    ARROW_ASSIGN_OR_RAISE(std::string sql, ComposeShapedRead(core_, shape, read));
    return Statement{.sql = std::move(sql), .parameters = {}};
  }

  Result<ShapeAudit> PlanShapeAudit(const Shape& shape) override {
    return ComposeShapeAudit(core_, shape);
  }

  Result<VersionedTable> TableVersion(const TableName& table) override {
    return FindVersion(*core_, table);
  }

  Status Checkpoint() override {
    ARROW_ASSIGN_OR_RAISE(auto connection, core_->Connect());
    const Workers::Use workers(core_->workers);
    return RunSql(*connection, "CHECKPOINT");
  }

  [[nodiscard]] Counters counters() const override {
    Counters counters{.running_queries = core_->running_queries,
                      .running_appends = core_->running_appends,
                      .result_bytes_held = core_->result_budget->held(),
                      .duckdb_memory_bytes = 0,
                      .wal_bytes = 0};
    std::error_code missing;
    const auto wal_bytes = std::filesystem::file_size(core_->options.path + ".wal", missing);
    if (!missing) counters.wal_bytes = static_cast<int64_t>(wal_bytes);
    if (auto connection = core_->Connect(); connection.ok()) {
      auto& buffers = duckdb::BufferManager::GetBufferManager(*(*connection)->context);
      counters.duckdb_memory_bytes = static_cast<int64_t>(buffers.GetUsedMemory());
    }
    return counters;
  }

  void CancelAll(const Status& reason) override { core_->CancelAll(reason); }

  Status Close() override { return core_->Close(); }

 private:
  const std::shared_ptr<Core> core_;
};

}  // namespace

Result<std::shared_ptr<Database>> Database::Open(DatabaseOptions options) {
  ARROW_ASSIGN_OR_RAISE(auto core, OpenCore(std::move(options)));
  return std::make_shared<DuckDbDatabase>(std::move(core));
}

std::string DuckDbVersion() { return duckdb::DuckDB::LibraryVersion(); }

}  // namespace arrowport::engine
