#include "engine/gate_statement.h"

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <duckdb.hpp>
#include <duckdb/catalog/catalog_entry/duck_table_entry.hpp>
#include <duckdb/execution/operator/schema/physical_create_index.hpp>
#include <duckdb/execution/physical_operator.hpp>
#include <duckdb/main/client_context.hpp>
#include <duckdb/main/client_context_state.hpp>
#include <duckdb/main/prepared_statement_data.hpp>
#include <duckdb/parser/parsed_data/alter_table_info.hpp>
#include <duckdb/parser/parsed_data/create_index_info.hpp>
#include <duckdb/parser/statement/alter_statement.hpp>
#include <duckdb/parser/statement/create_statement.hpp>

#include "base/call_control.h"
#include "base/error.h"
#include "engine/catalog.h"
#include "engine/core.h"
#include "engine/index_gate.h"
#include "engine/table.h"
#include "engine/table_versions.h"

namespace arrowport::engine {
namespace {

// The tables that get an index from `step` or what feeds it. A primary key is one, too.
void CollectIndexed(const duckdb::PhysicalOperator& step, std::vector<TableName>* tables) {
  if (step.type == duckdb::PhysicalOperatorType::CREATE_INDEX) {
    tables->push_back(FullNameOf(step.Cast<duckdb::PhysicalCreateIndex>().table));
  }
  for (const auto& child : step.GetChildren()) CollectIndexed(child.get(), tables);
}

constexpr const char* kStateName = "arrowport_written_tables";

/// The tables that the statements of a transaction have written to, which its commit does again.
class WrittenTables final : public duckdb::ClientContextState {
 public:
  static WrittenTables& Of(duckdb::ClientContext& context) {
    return *context.registered_state->GetOrCreate<WrittenTables>(kStateName);
  }

  void TransactionCommit(duckdb::MetaTransaction& /*transaction*/,
                         duckdb::ClientContext& /*context*/) override {
    tables.clear();
  }
  void TransactionRollback(duckdb::MetaTransaction& /*transaction*/,
                           duckdb::ClientContext& /*context*/) override {
    tables.clear();
  }

  std::vector<TableName> tables;
};

// What `statement`, which writes, may change of tables that others make an index of.
std::vector<TableName> WrittenBy(duckdb::ClientContext& context,
                                 const duckdb::PreparedStatementData& statement,
                                 const ChangedTables& changes) {
  if (context.transaction.IsAutoCommit()) return changes.tables;
  auto& written = WrittenTables::Of(context).tables;
  if (statement.statement_type == duckdb::StatementType::TRANSACTION_STATEMENT) return written;
  written.insert(written.end(), changes.tables.begin(), changes.tables.end());
  return changes.tables;
}

// An INSERT may change rows that are there (ON CONFLICT), and a COMMIT does what was done before.
IndexGate::Effect EffectOf(const duckdb::PreparedStatementData& statement) {
  const bool adds = statement.statement_type == duckdb::StatementType::COPY_STATEMENT ||
                    statement.statement_type == duckdb::StatementType::CREATE_STATEMENT;
  return adds ? IndexGate::Effect::kAdds : IndexGate::Effect::kRemoves;
}

// As it stands in the text, where `statement` may make an index of it.
std::optional<TableName> ToBeIndexed(const duckdb::SQLStatement& statement) {
  if (statement.type == duckdb::StatementType::CREATE_STATEMENT) {
    const auto& info = *statement.Cast<duckdb::CreateStatement>().info;
    if (info.type != duckdb::CatalogType::INDEX_ENTRY) return std::nullopt;
    return TableName{.catalog = info.catalog,
                     .schema = info.schema,
                     .name = info.Cast<duckdb::CreateIndexInfo>().table};
  }
  if (statement.type == duckdb::StatementType::ALTER_STATEMENT) {
    const auto& info = *statement.Cast<duckdb::AlterStatement>().info;
    if (info.type != duckdb::AlterType::ALTER_TABLE) return std::nullopt;
    const auto change = info.Cast<duckdb::AlterTableInfo>().alter_table_type;
    if (change != duckdb::AlterTableType::ADD_CONSTRAINT) return std::nullopt;
    return TableName{.catalog = info.catalog, .schema = info.schema, .name = info.name};
  }
  return std::nullopt;
}

// In full, in a transaction that is over then.
std::optional<TableName> FindTableOf(duckdb::ClientContext& context, const TableName& name) {
  std::optional<TableName> full;
  context.RunFunctionInTransaction([&] {
    const auto entry = LookUp(context, name);
    const bool is_table = entry != nullptr && entry->type == duckdb::CatalogType::TABLE_ENTRY;
    if (is_table) full = FullNameOf(*entry);
  });
  return full;
}

// Whether nobody can see a row of `table` any more that was deleted before. Whoever is the last
// that could has DuckDB clear it away when his transaction ends, and so does any that ends
// thereafter, like that of `other`: it waits for those that are at it.
bool IsClear(Core& core, duckdb::Connection& other, const TableName& table) {
  const auto removed_at = core.index_gate.RemovedAt(table);
  if (!removed_at) return true;
  const bool is_seen = core.OldestSeen(table.catalog) <= *removed_at;
  (void)FindTableOf(*other.context, table);
  return !is_seen;
}

Status StillInUse() {
  return MakeError(ErrorKind::kConflict,
                   "an index is made of a table when nobody can see rows of it any more that were "
                   "deleted or changed; a transaction that is open still can; try again when it is "
                   "over, and outside of a transaction");
}

// How often it is asked whether transactions are over; they tell nobody.
constexpr auto kBetweenLooks = std::chrono::milliseconds(2);

Status WaitUntilClear(Core& core, const TableName& table, const std::stop_token& stop) {
  ARROW_ASSIGN_OR_RAISE(const auto other, core.Connect());
  const auto give_up = Clock::now() + core.index_gate.patience();
  while (!IsClear(core, *other, table)) {
    if (stop.stop_requested()) {
      return MakeError(ErrorKind::kCancelled, "the statement was cancelled");
    }
    if (Clock::now() >= give_up) return StillInUse();
    std::this_thread::sleep_for(kBetweenLooks);
  }
  return Status::OK();
}

[[noreturn]] void Throw(const Status& status) {
  if (KindOf(status) == ErrorKind::kCancelled) throw duckdb::InterruptException();
  throw duckdb::TransactionException(status.message());
}

IndexGate::Pass MakeIndexOf(Core& core, const std::vector<TableName>& tables,
                            const std::stop_token& stop) {
  auto pass = core.index_gate.MakeIndex(tables, stop);
  if (!pass.ok()) Throw(pass.status());
  const auto other = core.Connect();
  if (!other.ok()) Throw(other.status());
  // Its own transaction is open, and may see what was deleted since it began.
  for (const TableName& table : tables) {
    if (!IsClear(core, **other, table)) Throw(StillInUse());
  }
  return *std::move(pass);
}

}  // namespace

void EnterForIndex(Core& core, duckdb::Connection& connection,
                   const duckdb::SQLStatement& statement, GateEntry* entry,
                   const std::stop_token& stop) {
  auto& context = *connection.context;
  const auto named = ToBeIndexed(statement);
  if (!named || !context.transaction.IsAutoCommit()) return;
  // DuckDB says it where there is none.
  const auto table = FindTableOf(context, *named);
  if (!table) return;
  auto pass = core.index_gate.MakeIndex({*table}, stop);
  if (!pass.ok()) Throw(pass.status());
  const Status clear = WaitUntilClear(core, *table, stop);
  if (!clear.ok()) Throw(clear);
  entry->pass = *std::move(pass);
}

void GateStatement(Core& core, duckdb::ClientContext& context,
                   const duckdb::PreparedStatementData& statement, const ChangedTables& changes,
                   GateEntry* entry, const std::stop_token& stop) {
  if (entry->pass != nullptr || !changes.any()) return;
  std::vector<TableName> indexed;
  if (changes.tables.empty()) CollectIndexed(statement.physical_plan->Root(), &indexed);
  if (!indexed.empty()) {
    entry->pass = MakeIndexOf(core, indexed, stop);
    return;
  }
  const auto written = WrittenBy(context, statement, changes);
  entry->effect = EffectOf(statement);
  if (!context.transaction.IsAutoCommit()) {
    auto pass = core.index_gate.Write(written, entry->effect, stop);
    if (!pass.ok()) Throw(pass.status());
    entry->pass = *std::move(pass);
    return;
  }
  auto pass = core.index_gate.TryWrite(written, entry->effect);
  if (pass) {
    entry->pass = *std::move(pass);
    return;
  }
  entry->waits_for = written;
  throw duckdb::TransactionException("an index is made of a table that the statement writes to");
}

bool Reenter(Core& core, GateEntry* entry, const std::stop_token& stop) {
  if (entry->waits_for.empty()) return false;
  auto pass = core.index_gate.Write(std::exchange(entry->waits_for, {}), entry->effect, stop);
  if (!pass.ok()) Throw(pass.status());
  entry->pass = *std::move(pass);
  return true;
}

std::string TextOf(const duckdb::SQLStatement& statement) {
  return statement.query.substr(statement.stmt_location, statement.stmt_length);
}

}  // namespace arrowport::engine
