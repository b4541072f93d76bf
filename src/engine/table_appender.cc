#include "engine/table_appender.h"

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

}  // namespace

TableAppender::TableAppender(duckdb::ClientContext& context, duckdb::TableCatalogEntry& table,
                             const ColumnList& sent)
    : context_(context),
      table_(table),
      constraints_(ConstraintsOf(context, table)),
      values_(ValuesOf(context, table, sent)),
      executor_(context, values_) {
  duckdb::MetaTransaction::Get(context).ModifyDatabase(
      table.ParentCatalog().GetAttached(), duckdb::DatabaseModificationType::INSERT_DATA);
  row_chunk_.Initialize(context, table.GetTypes());
  table.GetStorage().InitializeLocalAppend(state_, table, context, constraints_);
}

void TableAppender::Append(duckdb::DataChunk& chunk) {
  row_chunk_.Reset();
  executor_.Execute(chunk, row_chunk_);
  table_.GetStorage().LocalAppend(state_, context_, row_chunk_, false);
}

void TableAppender::Finish() { table_.GetStorage().FinalizeLocalAppend(state_); }

}  // namespace arrowport::engine
