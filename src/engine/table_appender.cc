#include "engine/table_appender.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include <duckdb/catalog/catalog.hpp>
#include <duckdb/planner/binder.hpp>
#include <duckdb/planner/expression/bound_cast_expression.hpp>
#include <duckdb/planner/expression/bound_constant_expression.hpp>
#include <duckdb/planner/expression/bound_reference_expression.hpp>
#include <duckdb/planner/expression_binder/constant_binder.hpp>
#include <duckdb/storage/data_table.hpp>
#include <duckdb/transaction/meta_transaction.hpp>

#include "engine/column_fit.h"

namespace arrowport::engine {
namespace {

using duckdb::Expression;
using Expressions = duckdb::vector<duckdb::unique_ptr<Expression>>;
using Constraints = duckdb::vector<duckdb::unique_ptr<duckdb::BoundConstraint>>;

duckdb::unique_ptr<Expression> ValueOf(duckdb::ClientContext& context, duckdb::Binder& binder,
                                       const duckdb::ColumnDefinition& column,
                                       const ColumnList& sent) {
  if (const auto index = IndexOf(sent, column.Name())) {
    auto value = duckdb::make_uniq<duckdb::BoundReferenceExpression>(sent.types[*index], *index);
    return duckdb::BoundCastExpression::AddCastToType(context, std::move(value), column.Type());
  }
  if (!column.HasDefaultValue()) {
    return duckdb::make_uniq<duckdb::BoundConstantExpression>(duckdb::Value(column.Type()));
  }
  duckdb::ConstantBinder default_binder(binder, context, "DEFAULT value");
  default_binder.target_type = column.Type();
  auto text = column.DefaultValue().Copy();
  return default_binder.Bind(text);
}

Expressions ValuesOf(duckdb::ClientContext& context, const duckdb::TableCatalogEntry& table,
                     const ColumnList& sent) {
  const auto binder = duckdb::Binder::CreateBinder(context);
  Expressions values;
  for (const auto& column : table.GetColumns().Physical()) {
    values.push_back(ValueOf(context, *binder, column, sent));
  }
  return values;
}

Constraints ConstraintsOf(duckdb::ClientContext& context, const duckdb::TableCatalogEntry& table) {
  return duckdb::Binder::CreateBinder(context)->BindConstraints(table);
}

duckdb::unique_ptr<duckdb::OptimisticWriteCollection> MakeRows(const RowMapping& mapping) {
  duckdb::TableCatalogEntry& table = mapping.table();
  duckdb::DataTable& storage = table.GetStorage();
  duckdb::OptimisticDataWriter writer(mapping.context(), storage);
  return writer.CreateCollection(storage, table.GetTypes(),
                                 duckdb::OptimisticWritePartialManagers::GLOBAL);
}

// DuckDB counts the distinct values of rows that it adds to a transaction, and counts again when
// the commit copies them into the table. The first count, a tenth of what a small put takes, is for
// nothing then.
void LeaveOutDistinct(const RowMapping& mapping, duckdb::TableAppendState& state) {
  if (!mapping.AreCopied()) return;
  const auto lock = state.stats.GetLock();
  for (size_t i = 0; i < mapping.values().size(); ++i) {
    state.stats.GetStats(*lock, i).SetDistinct(nullptr);
  }
}

}  // namespace

RowMapping::RowMapping(duckdb::ClientContext& context, duckdb::TableCatalogEntry& table,
                       const ColumnList& sent, int64_t rows)
    : context_(context),
      table_(table),
      rows_(rows),
      constraints_(ConstraintsOf(context, table)),
      values_(ValuesOf(context, table, sent)) {
  duckdb::MetaTransaction::Get(context).ModifyDatabase(
      table.ParentCatalog().GetAttached(), duckdb::DatabaseModificationType::INSERT_DATA);
}

bool RowMapping::AllowsThreads() const {
  return !table_.GetStorage().HasIndexes() && !table_.HasGeneratedColumns() &&
         std::none_of(values_.begin(), values_.end(),
                      [](const auto& value) { return value->IsVolatile(); });
}

bool RowMapping::AreCopied() const {
  const duckdb::DataTable& storage = table_.GetStorage();
  return storage.GetTotalRows() > 0 &&
         static_cast<duckdb::idx_t>(rows_) < storage.GetRowGroupSize();
}

RowMaker::RowMaker(const RowMapping& mapping)
    : mapping_(mapping), executor_(mapping.context(), mapping.values()) {
  rows_.Initialize(mapping.context(), mapping.table().GetTypes());
}

duckdb::DataChunk& RowMaker::Make(duckdb::DataChunk& sent) {
  rows_.Reset();
  executor_.Execute(sent, rows_);
  return rows_;
}

TableAppender::TableAppender(const RowMapping& mapping) : maker_(mapping) {
  duckdb::TableCatalogEntry& table = mapping.table();
  table.GetStorage().InitializeLocalAppend(state_, table, mapping.context(), mapping.constraints());
  LeaveOutDistinct(mapping, state_.append_state);
}

void TableAppender::Append(duckdb::DataChunk& chunk) {
  const RowMapping& mapping = maker_.mapping();
  mapping.table().GetStorage().LocalAppend(state_, mapping.context(), maker_.Make(chunk), false);
}

void TableAppender::Finish() { maker_.mapping().table().GetStorage().FinalizeLocalAppend(state_); }

SideAppender::SideAppender(const RowMapping& mapping)
    : maker_(mapping),
      constraints_(mapping.table().GetStorage().InitializeConstraintState(mapping.table(),
                                                                          mapping.constraints())),
      rows_(MakeRows(mapping)) {
  rows_->collection->InitializeEmpty();
  rows_->collection->InitializeAppend(state_);
  LeaveOutDistinct(mapping, state_);
}

void SideAppender::Append(duckdb::DataChunk& chunk) {
  const RowMapping& mapping = maker_.mapping();
  duckdb::DataChunk& rows = maker_.Make(chunk);
  mapping.table().GetStorage().VerifyAppendConstraints(*constraints_, mapping.context(), rows,
                                                       nullptr, nullptr);
  rows_->collection->Append(rows, state_);
}

void SideAppender::Merge() {
  const RowMapping& mapping = maker_.mapping();
  rows_->collection->FinalizeAppend(duckdb::TransactionData(0, 0), state_);
  mapping.table().GetStorage().LocalMerge(mapping.context(), *rows_);
}

}  // namespace arrowport::engine
