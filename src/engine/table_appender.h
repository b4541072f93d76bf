#pragma once

#include <cstdint>

#include <duckdb.hpp>
#include <duckdb/catalog/catalog_entry/table_catalog_entry.hpp>
#include <duckdb/execution/expression_executor.hpp>
#include <duckdb/planner/bound_constraint.hpp>
#include <duckdb/storage/optimistic_data_writer.hpp>
#include <duckdb/storage/table/append_state.hpp>

#include "engine/column_fit.h"

namespace arrowport::engine {

/// What rows with some columns become in one table that DuckDB itself stores: what INSERT … BY NAME
/// makes of them. Columns by name, cast where DuckDB casts by itself, defaults where none is sent.
///
/// Constant once made, and shared by the threads that append. `table` must stay until the end of
/// the transaction that is open on `context`.
class RowMapping {
 public:
  /// About `rows` rows with the columns `sent`, which fit `table`. Throws what DuckDB throws.
  RowMapping(duckdb::ClientContext& context, duckdb::TableCatalogEntry& table,
             const ColumnList& sent, int64_t rows);

  [[nodiscard]] duckdb::ClientContext& context() const { return context_; }
  [[nodiscard]] duckdb::TableCatalogEntry& table() const { return table_; }
  [[nodiscard]] const auto& constraints() const { return constraints_; }
  [[nodiscard]] const auto& values() const { return values_; }

  /// Whether several threads may append at a time: no index is to be kept, and no value, as that of
  /// nextval(), says which row came first.
  [[nodiscard]] bool AllowsThreads() const;

  /// Whether DuckDB will copy the rows into those that the table has when it commits, and not take
  /// them over as they are.
  [[nodiscard]] bool AreCopied() const;

 private:
  duckdb::ClientContext& context_;
  duckdb::TableCatalogEntry& table_;
  const int64_t rows_;
  const duckdb::vector<duckdb::unique_ptr<duckdb::BoundConstraint>> constraints_;
  const duckdb::vector<duckdb::unique_ptr<duckdb::Expression>> values_;  // Of each column.
};

/// Makes rows of a table of what was sent. One thread.
class RowMaker {
 public:
  explicit RowMaker(const RowMapping& mapping);

  [[nodiscard]] const RowMapping& mapping() const { return mapping_; }

  /// The rows of `sent`, until the next call.
  duckdb::DataChunk& Make(duckdb::DataChunk& sent);

 private:
  const RowMapping& mapping_;
  duckdb::ExpressionExecutor executor_;
  duckdb::DataChunk rows_;
};

/// Appends rows within the transaction that is open, without a statement: to plan an INSERT and to
/// run it takes longer than to append a few thousand rows. Checks all constraints.
///
/// One thread; throws what DuckDB throws. The rows are in the transaction once Finish was called.
class TableAppender {
 public:
  explicit TableAppender(const RowMapping& mapping);

  void Append(duckdb::DataChunk& chunk);
  void Finish();

 private:
  RowMaker maker_;
  duckdb::LocalAppendState state_;
};

/// As TableAppender, from any thread and beside others: the rows are kept apart until they are
/// merged. Where RowMapping::AllowsThreads.
class SideAppender {
 public:
  explicit SideAppender(const RowMapping& mapping);

  void Append(duckdb::DataChunk& chunk);

  /// Adds the rows to the transaction, behind those that it has. On the thread of the transaction,
  /// when nobody else appends to it.
  void Merge();

 private:
  RowMaker maker_;
  const duckdb::unique_ptr<duckdb::ConstraintState> constraints_;
  const duckdb::unique_ptr<duckdb::OptimisticWriteCollection> rows_;
  duckdb::TableAppendState state_;
};

}  // namespace arrowport::engine
