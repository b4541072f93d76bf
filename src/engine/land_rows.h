#pragma once

#include <memory>
#include <string>
#include <vector>

#include <duckdb.hpp>

#include "base/call_control.h"
#include "base/error.h"
#include "engine/column_fit.h"
#include "engine/core.h"
#include "engine/landing.h"
#include "engine/table.h"
#include "engine/table_claims.h"
#include "engine/table_rows.h"

namespace arrowport::engine {

/// The temporary table of a connection in which rows wait that cannot land one by one.
inline constexpr const char* kStagedRows = "temp.main.arrowport_staged";

/// Makes it of what arrowport_batches() has.
inline constexpr const char* kStageSql =
    "CREATE TEMP TABLE arrowport_staged AS SELECT * FROM arrowport_batches()";

/// Rows on their way into a table as a rule says.
struct RowsToLand {
  TableName table;
  ColumnList columns;
  std::shared_ptr<const Landing> landing;
};

/// What keeps others from landing rows by a rule in the same table; to be taken before the
/// transaction begins, and held until it is over.
using LandingClaim = std::unique_ptr<TableClaims::Claim>;
Result<LandingClaim> ClaimTable(Core& core, const TableName& table, const CallControl& control);

/// That rows with `columns` could land now.
/// \return kConflict with each column that does not fit, and why; kNotFound without a table that
///   may not be made.
Status CheckLanding(duckdb::Connection& connection, const TableName& table,
                    const ColumnList& columns, const Landing& landing);

/// Makes the quarantine beside `table`, where `landing` needs one and there is none. Not in a
/// transaction.
Status MakeQuarantine(Core& core, duckdb::Connection& connection, const TableName& table,
                      const Landing& landing, const CallControl& control);

/// Lands `rows`, which are staged, in the transaction that is open on `connection`. Its table must
/// be claimed, and its quarantine be there.
/// \return the full names of the tables that it wrote to; else errors as of CheckLanding, and what
///   DuckDB says of values.
Result<std::vector<TableName>> LandRows(const Core& core, duckdb::Connection& connection,
                                        const RowsToLand& rows);

/// Lands staged `rows`, and `also` with them, in a transaction of their own on `connection`.
Status LandStaged(Core& core, duckdb::Connection& connection, const RowsToLand& rows,
                  const std::vector<TableRows>& also, const CallControl& control);

}  // namespace arrowport::engine
