#pragma once

#include <memory>
#include <string>

#include <duckdb.hpp>

#include "base/call_control.h"
#include "base/error.h"
#include "engine/catalog.h"
#include "engine/column_fit.h"
#include "engine/core.h"
#include "engine/table.h"
#include "engine/table_claims.h"

namespace arrowport::engine {

/// The table that rows are inserted into, or that they make.
struct InsertTarget {
  TableName table;
  FoundTable found;
  /// Of a table that is missing: to be held until the transaction that makes it is over.
  std::shared_ptr<TableClaims::Claim> claim;

  [[nodiscard]] bool is_missing() const { return found.kind == FoundTable::Kind::kMissing; }

  /// That rows with the columns `sent` may be put into it. kConflict otherwise.
  [[nodiscard]] Status CheckTakes(const ColumnList& sent) const;

  /// The statement that lands what arrowport_batches() has.
  /// \param temporary  a table that it makes is the connection's.
  [[nodiscard]] std::string InsertSql(bool temporary = false) const;

  /// An error of that statement, as one about this table.
  [[nodiscard]] Status Explain(const Status& status) const;
};

/// Looks `table` up. Where it is missing, waits for others who are making it.
Result<InsertTarget> FindTarget(Core& core, duckdb::Connection& connection, const TableName& table,
                                const CallControl& control);

}  // namespace arrowport::engine
