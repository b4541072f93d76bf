#include "engine/land_rows.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <duckdb.hpp>

#include "base/call_control.h"
#include "base/error.h"
#include "engine/catalog.h"
#include "engine/column_fit.h"
#include "engine/core.h"
#include "engine/duckdb_error.h"
#include "engine/index_gate.h"
#include "engine/insert_target.h"
#include "engine/joint_append.h"
#include "engine/landing.h"
#include "engine/landing_plan.h"
#include "engine/sql.h"
#include "engine/table.h"
#include "engine/table_versions.h"

namespace arrowport::engine {
namespace {

using duckdb::idx_t;
using duckdb::LogicalTypeId;

// The answer of a statement.
Result<duckdb::unique_ptr<duckdb::MaterializedQueryResult>> Ask(duckdb::Connection& connection,
                                                                const std::string& sql) {
  return Guarded([&]() -> Result<duckdb::unique_ptr<duckdb::MaterializedQueryResult>> {
    auto result = connection.Query(sql);
    if (result->HasError()) return FromDuckDb(result->GetErrorObject());
    return result;
  });
}

// Those that need no type of their own because they have no value. They are only looked for where
// it matters.
Result<std::vector<std::string>> EmptyColumns(duckdb::Connection& connection,
                                              const FoundTable& found, const ColumnList& sent) {
  std::vector<std::string> names;
  std::string counts;
  for (idx_t i = 0; i < sent.names.size(); ++i) {
    const auto index = IndexOf(found.columns, sent.names[i]);
    if (!index) continue;
    const auto widened = WidenedType(found.columns.types[*index], sent.types[i]);
    if (widened.id() != LogicalTypeId::INVALID) continue;
    names.push_back(found.columns.names[*index]);
    counts += (counts.empty() ? "count(" : ", count(") + QuoteIdentifier(names.back()) + ")";
  }
  if (names.empty()) return names;
  ARROW_ASSIGN_OR_RAISE(const auto counted,
                        Ask(connection, "SELECT " + counts + Sql(" FROM {}", {found.name})));
  std::vector<std::string> empty;
  for (idx_t i = 0; i < names.size(); ++i) {
    if (counted->GetValue(i, 0).GetValue<int64_t>() == 0) empty.push_back(names[i]);
  }
  return empty;
}

Result<LandingPlan> Plan(duckdb::Connection& connection, const TableName& table,
                         const FoundTable& found, const ColumnList& columns,
                         const LandingRule& rule) {
  std::vector<std::string> empty;
  if (found.kind == FoundTable::Kind::kTable && rule.on_schema_change.widen) {
    ARROW_ASSIGN_OR_RAISE(empty, EmptyColumns(connection, found, columns));
  }
  return Guarded([&] { return PlanLanding(table, found, columns, rule, empty); });
}

std::string Literal(const std::string& text) { return duckdb::Value(text).ToSQLString(); }

std::string IsTrue(const std::string& condition) { return "coalesce(" + condition + ", false)"; }

// Under the name that conditions on rows have for them.
std::string StagedRows() {
  std::string text = kStagedRows;
  text += " AS ";
  text += kSentRow;
  return text;
}

/// Parts the rows of a staged put.
class BadRows {
 public:
  BadRows(duckdb::Connection& connection, const RowsToLand& rows,
          const std::vector<BadRow>& conditions)
      : connection_(connection), rows_(rows), conditions_(conditions) {}

  /// That there are none.
  Status Refuse() {
    std::string counts;
    for (const BadRow& bad : conditions_) {
      counts += (counts.empty() ? "" : ", ") + ("count(*) FILTER (WHERE " + bad.condition + ")");
    }
    ARROW_ASSIGN_OR_RAISE(const auto counted,
                          Ask(connection_, "SELECT " + counts + " FROM " + StagedRows()));
    std::string findings;
    for (idx_t i = 0; i < conditions_.size(); ++i) {
      const auto count = counted->GetValue(i, 0).GetValue<int64_t>();
      if (count == 0) continue;
      findings += (findings.empty() ? "column '" : "; column '") + conditions_[i].column +
                  "': " + conditions_[i].reason + " (" + std::to_string(count) +
                  (count == 1 ? " row)" : " rows)");
    }
    return findings.empty() ? Status::OK() : MakeError(ErrorKind::kInvalidInput, findings);
  }

  /// Writes them into the quarantine `table`. \return how many.
  Result<int64_t> Quarantine(const TableName& table) {
    ARROW_ASSIGN_OR_RAISE(const auto written, Ask(connection_, QuarantineSql(table)));
    return written->GetValue(0, 0).GetValue<int64_t>();
  }

  /// What stands behind FROM to read the rest.
  [[nodiscard]] std::string GoodRows() const {
    std::string good;
    for (const BadRow& bad : conditions_) {
      good += (good.empty() ? "NOT " : " AND NOT ") + IsTrue(bad.condition);
    }
    return "(SELECT * FROM " + StagedRows() + " WHERE " + good + ")";
  }

 private:
  [[nodiscard]] std::string QuarantineSql(const TableName& table) const {
    std::string which = "CASE";
    std::string column = "CASE arrowport_which";
    std::string reason = "CASE arrowport_which";
    for (size_t i = 0; i < conditions_.size(); ++i) {
      const std::string number = std::to_string(i);
      which += " WHEN " + conditions_[i].condition + " THEN " + number;
      column += " WHEN " + number + " THEN " + Literal(conditions_[i].column);
      reason += " WHEN " + number + " THEN " + Literal(conditions_[i].reason);
    }
    const Landing& landing = *rows_.landing;
    return Sql("INSERT INTO {} SELECT now(), ", {table}) + Literal(landing.stream) + ", " +
           (landing.producer.empty() ? "NULL" : Literal(landing.producer)) + ", " +
           Literal(rows_.table.ToString()) + ", " + column + " END, " + reason +
           " END, to_json(arrowport_row) FROM (SELECT " + std::string(kSentRow) +
           " AS arrowport_row, " + which + " END AS arrowport_which FROM " + StagedRows() +
           ") WHERE arrowport_which IS NOT NULL";
  }

  duckdb::Connection& connection_;
  const RowsToLand& rows_;
  const std::vector<BadRow>& conditions_;
};

// In full, so that no two names of a table differ.
TableName FullName(const Core& core, TableName table) {
  if (table.catalog.empty()) table.catalog = core.default_catalog;
  if (table.schema.empty()) table.schema = "main";
  return table;
}

// Of the rows of the table `landed`.
TableName QuarantineOf(const Core& core, const TableName& landed) {
  return {.catalog = FullName(core, landed).catalog, .schema = "arrowport", .name = "quarantine"};
}

Status BeginLanding(Core& core, duckdb::Connection& connection, const RowsToLand& rows,
                    const CallControl& control) {
  ARROW_RETURN_NOT_OK(MakeQuarantine(core, connection, rows.table, *rows.landing, control));
  return RunSql(connection, "BEGIN");
}

Status LandAndCommit(Core& core, duckdb::Connection& connection, const RowsToLand& rows,
                     const std::vector<TableRows>& also) {
  ARROW_ASSIGN_OR_RAISE(auto landed, LandRows(core, connection, rows));
  if (!also.empty()) ARROW_RETURN_NOT_OK(AppendWithin(core, connection, also));
  const ChangedTables changes{.all = false, .tables = std::move(landed)};
  core.table_versions.Change(changes);
  ARROW_RETURN_NOT_OK(core.Settle(RunSql(connection, "COMMIT")));
  // Again, since rows may have been seen between the first time and their commit.
  core.table_versions.Change(changes);
  core.checkpointer.Wrote();
  return Status::OK();
}

}  // namespace

Result<LandingClaim> ClaimTable(Core& core, const TableName& table, const CallControl& control) {
  return core.landing_claims.Take(FullName(core, table).Key(), control);
}

Status CheckLanding(duckdb::Connection& connection, const TableName& table,
                    const ColumnList& columns, const Landing& landing) {
  ARROW_ASSIGN_OR_RAISE(const FoundTable found, FindTable(connection, table));
  return Plan(connection, table, found, columns, landing.rule).status();
}

Status MakeQuarantine(Core& core, duckdb::Connection& connection, const TableName& table,
                      const Landing& landing, const CallControl& control) {
  if (!landing.rule.quarantine) return Status::OK();
  ARROW_ASSIGN_OR_RAISE(const FoundTable beside, FindTable(connection, table));
  const bool is_new = beside.kind == FoundTable::Kind::kMissing;
  const TableName quarantine = QuarantineOf(core, is_new ? table : beside.name);
  ARROW_ASSIGN_OR_RAISE(FoundTable found, FindTable(connection, quarantine));
  if (found.kind != FoundTable::Kind::kMissing) return Status::OK();
  ARROW_ASSIGN_OR_RAISE(const LandingClaim claim, ClaimTable(core, quarantine, control));
  ARROW_RETURN_NOT_OK(RunSql(connection, "CREATE SCHEMA IF NOT EXISTS " +
                                             QuoteIdentifier(quarantine.catalog) + "." +
                                             QuoteIdentifier(quarantine.schema)));
  return RunSql(connection, Sql("CREATE TABLE IF NOT EXISTS {}", {quarantine}) +
                                "(quarantined_at TIMESTAMPTZ, stream VARCHAR, producer VARCHAR, "
                                "\"table\" VARCHAR, \"column\" VARCHAR, reason VARCHAR, "
                                "\"row\" JSON)");
}

Result<std::vector<TableName>> LandRows(const Core& core, duckdb::Connection& connection,
                                        const RowsToLand& rows) {
  ARROW_ASSIGN_OR_RAISE(FoundTable found, FindTable(connection, rows.table));
  ARROW_ASSIGN_OR_RAISE(const LandingPlan plan,
                        Plan(connection, rows.table, found, rows.columns, rows.landing->rule));
  const InsertTarget target{.table = rows.table, .found = {}, .claim = nullptr};
  for (const std::string& change : plan.changes) {
    ARROW_RETURN_NOT_OK(target.Explain(RunSql(connection, change)));
  }
  if (found.kind == FoundTable::Kind::kMissing) {
    ARROW_ASSIGN_OR_RAISE(found, FindTable(connection, rows.table));
  }
  std::vector<TableName> written = {found.name};
  std::string source = kStagedRows;
  if (!plan.bad_rows.empty()) {
    BadRows bad(connection, rows, plan.bad_rows);
    if (rows.landing->rule.quarantine) {
      const TableName quarantine = QuarantineOf(core, found.name);
      ARROW_ASSIGN_OR_RAISE(const int64_t count, bad.Quarantine(quarantine));
      if (rows.landing->on_quarantined) rows.landing->on_quarantined(count);
      if (count > 0) written.push_back(quarantine);
      source = bad.GoodRows();
    } else {
      ARROW_RETURN_NOT_OK(bad.Refuse());
    }
  }
  ARROW_RETURN_NOT_OK(target.Explain(RunSql(connection, plan.LandSql(source))));
  return written;
}

Status LandStaged(Core& core, duckdb::Connection& connection, const RowsToLand& rows,
                  const std::vector<TableRows>& also, const CallControl& control) {
  ARROW_ASSIGN_OR_RAISE(const LandingClaim claim, ClaimTable(core, rows.table, control));
  ARROW_ASSIGN_OR_RAISE(const FoundTable found, FindTable(connection, rows.table));
  // A table that is to be made has none of its names yet, and nobody makes an index of it.
  ARROW_ASSIGN_OR_RAISE(
      const IndexGate::Pass pass,
      core.index_gate.Write({found.name}, IndexGate::Effect::kRemoves, control.stop));
  ARROW_RETURN_NOT_OK(BeginLanding(core, connection, rows, control));
  const Status landed = LandAndCommit(core, connection, rows, also);
  // Before the next one has the claim.
  if (!landed.ok()) (void)RunSql(connection, "ROLLBACK");
  return landed;
}

}  // namespace arrowport::engine
