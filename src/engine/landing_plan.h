#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <duckdb.hpp>

#include "base/error.h"
#include "engine/catalog.h"
#include "engine/column_fit.h"
#include "engine/landing.h"
#include "engine/table.h"

namespace arrowport::engine {

/// A condition that makes a row unfit for its table.
struct BadRow {
  std::string column;
  std::string condition;  ///< SQL about the row that is called kSentRow.
  std::string reason;
};

/// What a row of a put is called in statements. No column is likely to have the name.
inline constexpr std::string_view kSentRow = "arrowport_sent";

/// The statements that land rows, to be run in this order in one transaction.
struct LandingPlan {
  std::vector<std::string> changes;  ///< Of the table, or that make it.
  std::vector<BadRow> bad_rows;      ///< Empty: none is looked for.
  // Land what stands between them behind a FROM.
  std::string land_from;
  std::string land_rest;

  /// The statement that lands the rows of `source`, which stands behind FROM.
  [[nodiscard]] std::string LandSql(const std::string& source) const {
    return land_from + source + land_rest;
  }
};

/// The type that has every value of both, where `rule.widen` gives a column such a one.
/// \return `kept` when it takes values of `sent` as it is; INVALID when there is none.
duckdb::LogicalType WidenedType(const duckdb::LogicalType& kept, const duckdb::LogicalType& sent);

/// Whether rows with the columns `sent` may have a table with the columns `kept` changed.
bool MayChangeColumns(const ColumnList& kept, const ColumnList& sent, const SchemaChange& allowed);

/// Plans how rows with the columns `sent` land in what stands under `table`. `empty_columns` are
/// those of the table that have no value.
/// \return kConflict with each column that does not fit, and why; kNotFound without a table that
///   may not be made.
Result<LandingPlan> PlanLanding(const TableName& table, const FoundTable& found,
                                const ColumnList& sent, const LandingRule& rule,
                                const std::vector<std::string>& empty_columns);

}  // namespace arrowport::engine
