#include "engine/open_session.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <arrow/type.h>
#include <duckdb.hpp>
#include <duckdb/catalog/catalog_search_path.hpp>
#include <duckdb/main/client_data.hpp>
#include <duckdb/parser/keyword_helper.hpp>

#include "base/call_control.h"
#include "base/error.h"
#include "engine/aborted_transaction.h"
#include "engine/append.h"
#include "engine/catalog.h"
#include "engine/core.h"
#include "engine/core_keeper.h"
#include "engine/data_files.h"
#include "engine/database.h"
#include "engine/describe_statement.h"
#include "engine/duckdb_error.h"
#include "engine/execute_many.h"
#include "engine/execution_stream.h"
#include "engine/insert.h"
#include "engine/kept_connection.h"
#include "engine/result_stream.h"
#include "engine/session.h"
#include "engine/sql.h"
#include "engine/table.h"
#include "engine/table_versions.h"
#include "engine/workers.h"

namespace arrowport::engine {
namespace {

/// A call that has the connection and keeps the database open meanwhile.
struct SessionUse {
  CoreUse core;
  std::shared_ptr<KeptConnection::Use> connection;

  [[nodiscard]] duckdb::Connection& operator*() const { return connection->connection(); }
};

// Opening schemas behind its own place, connections find files there.
void SearchDataFiles(duckdb::Connection& connection) {
  auto& path = *connection.context->client_data->catalog_search_path;
  duckdb::vector<duckdb::CatalogSearchEntry> places = path.GetSetPaths();
  places.emplace_back(kDataCatalog, DEFAULT_SCHEMA);
  path.Set(places, duckdb::CatalogSetPathType::SET_DIRECTLY);
}

class DuckDbSession final : public Session {
 public:
  DuckDbSession(std::shared_ptr<Core> core, std::shared_ptr<KeptConnection> connection)
      : core_(std::move(core)), connection_(std::move(connection)) {}
  ~DuckDbSession() override { connection_->Close(); }
  DuckDbSession(const DuckDbSession&) = delete;
  DuckDbSession& operator=(const DuckDbSession&) = delete;

  Result<std::shared_ptr<ResultStream>> Query(const Statement& statement,
                                              const QueryOptions& options,
                                              const CallControl& control) override {
    ARROW_ASSIGN_OR_RAISE(SessionUse use, Take(control));
    const Status aborted = CheckNotAborted(*(*use).context);
    auto rows = StartQuery(core_, std::move(use.connection), statement, options, control);
    return rows.ok() ? rows : WithReason(rows.status(), aborted);
  }

  Result<QueryInfo> DescribeQuery(const Statement& statement, const QueryOptions& options,
                                  const CallControl& control) override {
    ARROW_ASSIGN_OR_RAISE(const SessionUse use, Take(control));
    return DescribeStatement(*core_, *use, statement, options, control);
  }

  Result<int64_t> ExecuteMany(const std::string& sql, const ParameterRows& rows,
                              const CallControl& control) override {
    ARROW_ASSIGN_OR_RAISE(const SessionUse use, Take(control));
    const Status aborted = CheckNotAborted(*(*use).context);
    auto changed = engine::ExecuteMany(*core_, *use.connection, sql, rows, control);
    return changed.ok() ? changed : WithReason(changed.status(), aborted);
  }

  Result<std::shared_ptr<Append>> BeginAppend(const TableName& table,
                                              const std::shared_ptr<arrow::Schema>& schema,
                                              const SessionAppendOptions& options,
                                              const CallControl& control) override {
    ARROW_ASSIGN_OR_RAISE(SessionUse use, TakeSound(control));
    return BeginInsert(core_, std::move(use.connection), table, schema, options, control);
  }

  Result<bool> HasTable(const TableName& table, const CallControl& control) override {
    ARROW_ASSIGN_OR_RAISE(const SessionUse use, TakeSound(control));
    ARROW_ASSIGN_OR_RAISE(const FoundTable found, FindTable(*use, table));
    return found.kind != FoundTable::Kind::kMissing;
  }

  Result<bool> InTransaction(const CallControl& control) override {
    ARROW_ASSIGN_OR_RAISE(const SessionUse use, Take(control));
    return use.connection->in_transaction();
  }

  [[nodiscard]] bool has_transaction() const override { return connection_->has_transaction(); }

  [[nodiscard]] bool is_busy() const override { return connection_->is_taken(); }

  Status Begin(const CallControl& control) override {
    ARROW_ASSIGN_OR_RAISE(const SessionUse use, TakeSound(control));
    // DuckDB's own refusal would end the transaction.
    if (use.connection->in_transaction()) {
      return MakeError(ErrorKind::kConflict, "there is a transaction already");
    }
    return RunSql(*use, "BEGIN TRANSACTION");
  }

  Status Commit(const CallControl& control) override {
    ARROW_ASSIGN_OR_RAISE(const SessionUse use, TakeInTransaction(control));
    Status aborted = CheckNotAborted(*(*use).context);
    if (!aborted.ok()) {
      (void)RunSql(*use, "ROLLBACK");
      return aborted;
    }
    const ChangedTables changes = use.connection->changes();
    const Workers::Use workers(core_->workers);
    const auto pass = core_->index_gate.Write(changes.tables, IndexGate::Effect::kRemoves);
    Status committed = RunSql(*use, "COMMIT");
    if (!changes.any()) return committed;
    committed = core_->Settle(committed);
    core_->table_versions.Change(changes);
    core_->checkpointer.Wrote();
    return committed;
  }

  Status RollBack(const CallControl& control) override {
    ARROW_ASSIGN_OR_RAISE(const SessionUse use, TakeInTransaction(control));
    return RunSql(*use, "ROLLBACK");
  }

  Status UseSchema(const std::string& catalog, const std::string& schema,
                   const CallControl& control) override {
    ARROW_ASSIGN_OR_RAISE(const SessionUse use, TakeSound(control));
    std::string place = QuoteIdentifier(catalog.empty() ? core_->default_catalog : catalog);
    if (!schema.empty()) place += "." + QuoteIdentifier(schema);
    ARROW_RETURN_NOT_OK(RunSql(*use, "USE " + place));
    if (core_->data_files != nullptr) SearchDataFiles(*use);
    return Status::OK();
  }

  Result<TableName> CurrentSchema(const CallControl& control) override {
    ARROW_ASSIGN_OR_RAISE(const SessionUse use, Take(control));
    const auto place = (*use).context->client_data->catalog_search_path->GetDefault();
    const bool is_own = place.catalog.empty();
    return TableName{.catalog = is_own ? core_->default_catalog : place.catalog,
                     .schema = place.schema,
                     .name = {}};
  }

  Status Set(const std::string& name, const std::optional<std::string>& value,
             const CallControl& control) override {
    ARROW_ASSIGN_OR_RAISE(const SessionUse use, TakeSound(control));
    if (!value) return RunSql(*use, "RESET SESSION " + QuoteIdentifier(name));
    // DuckDB has several words for a value that a setting does not take.
    return WithKind(ErrorKind::kInvalidInput,
                    RunSql(*use, "SET SESSION " + QuoteIdentifier(name) + " = " +
                                     duckdb::KeywordHelper::WriteQuoted(*value, '\'')));
  }

 private:
  Result<SessionUse> Take(const CallControl& control) {
    ARROW_ASSIGN_OR_RAISE(CoreUse core, CoreUse::Begin(core_));
    ARROW_ASSIGN_OR_RAISE(auto connection, connection_->Take(control));
    return SessionUse{.core = std::move(core), .connection = std::move(connection)};
  }

  // For the end of a transaction.
  Result<SessionUse> TakeInTransaction(const CallControl& control) {
    ARROW_ASSIGN_OR_RAISE(SessionUse use, Take(control));
    if (use.connection->in_transaction()) return use;
    return MakeError(ErrorKind::kConflict, "there is no transaction");
  }

  // For what needs a transaction, if there is one, that can still be committed.
  Result<SessionUse> TakeSound(const CallControl& control) {
    ARROW_ASSIGN_OR_RAISE(SessionUse use, Take(control));
    ARROW_RETURN_NOT_OK(CheckNotAborted(*(*use).context));
    return use;
  }

  const std::shared_ptr<Core> core_;
  const std::shared_ptr<KeptConnection> connection_;
};

}  // namespace

Result<std::shared_ptr<Session>> OpenSession(const std::shared_ptr<Core>& core) {
  ARROW_ASSIGN_OR_RAISE(auto connection, core->Connect());
  auto kept = std::make_shared<KeptConnection>(std::move(connection));
  core->kept_connections.Add(kept);
  return std::make_shared<DuckDbSession>(core, std::move(kept));
}

}  // namespace arrowport::engine
