#include "engine/insert_target.h"

#include <memory>
#include <string>

#include <duckdb.hpp>

#include "base/call_control.h"
#include "base/error.h"
#include "engine/catalog.h"
#include "engine/column_fit.h"
#include "engine/core.h"
#include "engine/sql.h"
#include "engine/table.h"

namespace arrowport::engine {

Result<InsertTarget> FindTarget(Core& core, duckdb::Connection& connection, const TableName& table,
                                const CallControl& control) {
  InsertTarget target{.table = table, .found = {}, .claim = nullptr};
  ARROW_ASSIGN_OR_RAISE(target.found, FindTable(connection, table));
  if (!target.is_missing()) return target;
  ARROW_ASSIGN_OR_RAISE(target.claim, core.table_claims.Take(table.Key(), control));
  ARROW_ASSIGN_OR_RAISE(target.found, FindTable(connection, table));
  if (!target.is_missing()) target.claim.reset();
  return target;
}

Status InsertTarget::CheckTakes(const ColumnList& sent) const {
  if (found.kind == FoundTable::Kind::kView) {
    return MakeError(ErrorKind::kConflict,
                     "'" + table.ToString() + "' is a view; rows can only be put into a table");
  }
  return is_missing() ? Status::OK() : Explain(CheckFit(sent, found.columns));
}

std::string InsertTarget::InsertSql(bool temporary) const {
  if (is_missing() && temporary) {
    return Sql("CREATE TEMPORARY TABLE {} AS SELECT * FROM arrowport_batches()", {table});
  }
  return is_missing() ? Sql("CREATE TABLE {} AS SELECT * FROM arrowport_batches()", {table})
                      : Sql("INSERT INTO {} BY NAME SELECT * FROM arrowport_batches()", {table});
}

Status InsertTarget::Explain(const Status& status) const {
  if (status.ok()) return status;
  const std::string context = "table '" + table.ToString() + "'";
  // An error about names and types is about a table that the batches do not fit.
  if (KindOf(status) == ErrorKind::kInvalidInput &&
      status.message().find("Binder Error") != std::string::npos) {
    return WithContext(context, WithKind(ErrorKind::kConflict, status));
  }
  return WithContext(context, status);
}

}  // namespace arrowport::engine
