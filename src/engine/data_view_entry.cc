#include "engine/data_view_entry.h"

#include <array>
#include <string>
#include <utility>
#include <vector>

#include <duckdb.hpp>
#include <duckdb/catalog/catalog.hpp>
#include <duckdb/common/enums/database_modification_type.hpp>
#include <duckdb/parser/expression/columnref_expression.hpp>
#include <duckdb/parser/expression/comparison_expression.hpp>
#include <duckdb/parser/expression/constant_expression.hpp>
#include <duckdb/parser/expression/function_expression.hpp>
#include <duckdb/parser/expression/star_expression.hpp>
#include <duckdb/parser/parsed_data/create_view_info.hpp>
#include <duckdb/parser/query_node/select_node.hpp>
#include <duckdb/parser/query_node/set_operation_node.hpp>
#include <duckdb/parser/statement/select_statement.hpp>
#include <duckdb/parser/tableref/table_function_ref.hpp>
#include <duckdb/transaction/meta_transaction.hpp>

#include "base/error.h"
#include "engine/data_source.h"
#include "engine/data_views.h"
#include "engine/duckdb_error.h"

namespace arrowport::engine {
namespace {

using Node = duckdb::unique_ptr<duckdb::QueryNode>;
using Expression = duckdb::unique_ptr<duckdb::ParsedExpression>;

struct Reader {
  DataFormat format;
  const char* function;
};
constexpr std::array<Reader, 3> kReaders = {{{DataFormat::kParquet, "read_parquet"},
                                             {DataFormat::kCsv, "read_csv"},
                                             {DataFormat::kJson, "read_json"}}};

Expression Constant(duckdb::Value value) {
  return duckdb::make_uniq<duckdb::ConstantExpression>(std::move(value));
}

// SELECT * FROM function([patterns], union_by_name = true)
Node ReadBy(const char* function, duckdb::vector<duckdb::Value> patterns) {
  duckdb::vector<Expression> arguments;
  arguments.push_back(
      Constant(duckdb::Value::LIST(duckdb::LogicalType::VARCHAR, std::move(patterns))));
  arguments.push_back(duckdb::make_uniq<duckdb::ComparisonExpression>(
      duckdb::ExpressionType::COMPARE_EQUAL,
      duckdb::make_uniq<duckdb::ColumnRefExpression>("union_by_name"),
      Constant(duckdb::Value::BOOLEAN(true))));
  auto reference = duckdb::make_uniq<duckdb::TableFunctionRef>();
  reference->function =
      duckdb::make_uniq<duckdb::FunctionExpression>(function, std::move(arguments));
  auto select = duckdb::make_uniq<duckdb::SelectNode>();
  select->select_list.push_back(duckdb::make_uniq<duckdb::StarExpression>());
  select->from_table = std::move(reference);
  return select;
}

Node Together(Node first, Node second) {
  auto both = duckdb::make_uniq<duckdb::SetOperationNode>();
  both->setop_type = duckdb::SetOperationType::UNION_BY_NAME;
  both->setop_all = true;
  both->children.push_back(std::move(first));
  both->children.push_back(std::move(second));
  return both;
}

Node ReadAll(const DataView& view) {
  Node all;
  for (const Reader& reader : kReaders) {
    duckdb::vector<duckdb::Value> patterns;
    for (const std::string& pattern : view.patterns) {
      // A folder that has no file yet, and an ending that says nothing, are taken for Parquet.
      const DataFormat format = DataFormatOf(pattern).value_or(DataFormat::kParquet);
      if (format == reader.format) patterns.emplace_back(pattern);
    }
    if (patterns.empty()) continue;
    Node node = ReadBy(reader.function, std::move(patterns));
    all = all == nullptr ? std::move(node) : Together(std::move(all), std::move(node));
  }
  return all;
}

void MakeDataView(duckdb::ClientContext& context, const std::string& catalog,
                  const DataView& view) {
  duckdb::CreateViewInfo info(catalog, DEFAULT_SCHEMA, view.name);
  info.on_conflict = duckdb::OnCreateConflict::REPLACE_ON_CONFLICT;
  info.comment = duckdb::Value(view.comment);
  info.query = duckdb::make_uniq<duckdb::SelectStatement>();
  info.query->node = ReadAll(view);
  info.sql = info.ToString();
  duckdb::Catalog::GetCatalog(context, catalog).CreateView(context, info);
}

}  // namespace

Status MakeDataViews(duckdb::Connection& connection, const std::string& catalog,
                     const std::vector<DataView>& views) {
  return Guarded([&] {
    auto& context = *connection.context;
    context.RunFunctionInTransaction([&] {
      auto& attached = duckdb::Catalog::GetCatalog(context, catalog).GetAttached();
      duckdb::MetaTransaction::Get(context).ModifyDatabase(
          attached, duckdb::DatabaseModificationType::CREATE_CATALOG_ENTRY);
      for (const DataView& view : views) MakeDataView(context, catalog, view);
    });
    return Status::OK();
  });
}

}  // namespace arrowport::engine
