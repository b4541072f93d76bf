#pragma once

#include <duckdb.hpp>
#include <duckdb/catalog/catalog_entry/table_catalog_entry.hpp>
#include <duckdb/execution/expression_executor.hpp>
#include <duckdb/planner/bound_constraint.hpp>
#include <duckdb/storage/table/append_state.hpp>

#include "engine/column_fit.h"

namespace arrowport::engine {

/// Appends rows to one table that DuckDB itself stores, within the transaction that is open,
/// without a statement: to plan an INSERT and to run it takes longer than to append a few thousand
/// rows.
///
/// It does what INSERT … BY NAME does: columns by name, cast where DuckDB casts by itself, defaults
/// where none is sent, and all constraints. One thread; throws what DuckDB throws. The rows are in
/// the transaction once Finish was called.
class TableAppender {
 public:
  /// `table` must stay until the end of the transaction; rows with the columns `sent` fit it.
  TableAppender(duckdb::ClientContext& context, duckdb::TableCatalogEntry& table,
                const ColumnList& sent);

  void Append(duckdb::DataChunk& chunk);
  void Finish();

 private:
  duckdb::ClientContext& context_;
  duckdb::TableCatalogEntry& table_;
  const duckdb::vector<duckdb::unique_ptr<duckdb::BoundConstraint>> constraints_;
  const duckdb::vector<duckdb::unique_ptr<duckdb::Expression>> values_;  // Of each column.
  duckdb::ExpressionExecutor executor_;
  duckdb::DataChunk row_chunk_;
  duckdb::LocalAppendState state_;
};

}  // namespace arrowport::engine
