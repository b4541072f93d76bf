#include "engine/shape_plan.h"

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <arrow/type.h>
#include <duckdb.hpp>
#include <duckdb/parser/expression/cast_expression.hpp>
#include <duckdb/parser/expression/columnref_expression.hpp>
#include <duckdb/parser/parser.hpp>
#include <duckdb/parser/query_node/select_node.hpp>
#include <duckdb/parser/statement/select_statement.hpp>
#include <duckdb/parser/tableref/subqueryref.hpp>
#include <duckdb/planner/planner.hpp>

#include "base/error.h"
#include "engine/arrow_schema.h"
#include "engine/column_fit.h"
#include "engine/core.h"
#include "engine/duckdb_error.h"
#include "engine/planning.h"
#include "engine/read_source.h"
#include "engine/scalar.h"
#include "engine/shape.h"
#include "engine/table_read.h"

namespace arrowport::engine {
namespace {

using duckdb::LogicalType;
using Source = duckdb::unique_ptr<duckdb::TableRef>;
using Parameters = std::vector<std::shared_ptr<arrow::Scalar>>;

// What the rows of a source are called in the statements that are written here.
constexpr const char* kSourceAlias = "source";

// Types that have a name of Arrow's without arguments, or with those that DuckDB always gives.
constexpr std::array kPlainTypes = {
    duckdb::LogicalTypeId::BOOLEAN,      duckdb::LogicalTypeId::TINYINT,
    duckdb::LogicalTypeId::SMALLINT,     duckdb::LogicalTypeId::INTEGER,
    duckdb::LogicalTypeId::BIGINT,       duckdb::LogicalTypeId::UTINYINT,
    duckdb::LogicalTypeId::USMALLINT,    duckdb::LogicalTypeId::UINTEGER,
    duckdb::LogicalTypeId::UBIGINT,      duckdb::LogicalTypeId::FLOAT,
    duckdb::LogicalTypeId::DOUBLE,       duckdb::LogicalTypeId::VARCHAR,
    duckdb::LogicalTypeId::BLOB,         duckdb::LogicalTypeId::DATE,
    duckdb::LogicalTypeId::TIME,         duckdb::LogicalTypeId::TIMESTAMP_SEC,
    duckdb::LogicalTypeId::TIMESTAMP_MS, duckdb::LogicalTypeId::TIMESTAMP,
    duckdb::LogicalTypeId::TIMESTAMP_NS, duckdb::LogicalTypeId::TIMESTAMP_TZ,
    duckdb::LogicalTypeId::INTERVAL,
};

Status InColumn(const std::string& name, const Status& status) {
  return WithContext("column '" + name + "'", status);
}

Result<std::string> ArrowNameOf(const LogicalType& type, duckdb::ClientContext& context) {
  ARROW_ASSIGN_OR_RAISE(const auto schema, ArrowSchemaOf({type}, {"c"}, context));
  return schema->field(0)->type()->ToString();
}

// "decimal128(12, 2)" in DuckDB's words, which are the same but for the digits.
std::string AsSqlDecimal(std::string_view text) {
  constexpr std::string_view kPrefix = "decimal128(";
  if (!text.starts_with(kPrefix)) return std::string(text);
  return "DECIMAL(" + std::string(text.substr(kPrefix.size()));
}

// The type that `text` names in Arrow's words; nothing when these have no such name.
Result<std::optional<LogicalType>> FindArrowType(const std::string& text,
                                                 duckdb::ClientContext& context) {
  for (const duckdb::LogicalTypeId id : kPlainTypes) {
    ARROW_ASSIGN_OR_RAISE(const std::string name, ArrowNameOf(LogicalType(id), context));
    if (name == text) return LogicalType(id);
  }
  return std::nullopt;
}

Result<LogicalType> ParseType(const std::string& text, duckdb::ClientContext& context) {
  ARROW_ASSIGN_OR_RAISE(const auto plain, FindArrowType(text, context));
  if (plain.has_value()) return *plain;
  const auto parsed = Guarded(
      [&]() -> Result<LogicalType> { return context.ParseLogicalType(AsSqlDecimal(text)); });
  if (!parsed.ok() || parsed->IsUnbound()) {
    return MakeError(ErrorKind::kInvalidInput,
                     "'" + text +
                         "' is no type; write it as Arrow does (int64, timestamp[us], "
                         "decimal128(12, 2)) or as SQL does (BIGINT, INTEGER[])");
  }
  // What has no form in Arrow is refused now rather than with every read.
  ARROW_RETURN_NOT_OK(ArrowNameOf(*parsed, context));
  return *parsed;
}

Result<Source> ParseQuery(const std::string& text) {
  return Guarded([&]() -> Result<Source> {
    duckdb::Parser parser;
    parser.ParseQuery(text);
    if (parser.statements.size() != 1 ||
        parser.statements.front()->type != duckdb::StatementType::SELECT_STATEMENT) {
      return MakeError(ErrorKind::kInvalidInput, "'" + text + "' is not one SELECT");
    }
    if (!parser.statements.front()->named_param_map.empty()) {
      return MakeError(ErrorKind::kInvalidInput, "'" + text + "' has a parameter; write its value");
    }
    return duckdb::make_uniq<duckdb::SubqueryRef>(
        duckdb::unique_ptr_cast<duckdb::SQLStatement, duckdb::SelectStatement>(
            std::move(parser.statements.front())),
        kSourceAlias);
  });
}

Result<Source> SourceOf(const Shape& shape) {
  if (shape.query.empty()) {
    Source table = TableOf(shape.table);
    table->alias = kSourceAlias;
    return table;
  }
  auto query = ParseQuery(shape.query);
  return query.ok() ? std::move(query) : Result<Source>(WithContext("query", query.status()));
}

std::string AllOf(const Source& source) { return "SELECT * FROM " + source->ToString(); }

Result<ColumnList> ColumnsOf(const Source& source, duckdb::ClientContext& context) {
  return Guarded([&]() -> Result<ColumnList> {
    ColumnList columns;
    duckdb::Parser parser;
    parser.ParseQuery(AllOf(source));
    context.RunFunctionInTransaction([&] {
      duckdb::Planner planner(context);
      planner.CreatePlan(std::move(parser.statements.front()));
      columns.names = planner.names;
      columns.types = planner.types;
    });
    return columns;
  });
}

/// A column of a shape and that of the source which it is made from.
struct Fitted {
  const ShapeColumn* column = nullptr;
  LogicalType type;
  std::string source_name;
  LogicalType source_type;
};

/// A shape whose types are known, over its source.
struct FittedShape {
  Source source;
  std::vector<Fitted> columns;
};

Status CheckNames(const Shape& shape) {
  if (shape.columns.empty()) return MakeError(ErrorKind::kInvalidInput, "there are no columns");
  for (size_t i = 0; i < shape.columns.size(); ++i) {
    if (shape.columns[i].name.empty()) {
      return MakeError(ErrorKind::kInvalidInput, "a column has no name");
    }
    for (size_t k = 0; k < i; ++k) {
      if (!duckdb::StringUtil::CIEquals(shape.columns[i].name, shape.columns[k].name)) continue;
      return InColumn(shape.columns[i].name,
                      MakeError(ErrorKind::kInvalidInput, "there are two of that name"));
    }
  }
  return Status::OK();
}

// Matches the columns of `shape` with those of its source. \return kConflict with each misfit.
Result<std::vector<Fitted>> MatchShapeColumns(const Shape& shape, const ColumnList& there,
                                              duckdb::ClientContext& context) {
  std::vector<Fitted> fitted;
  std::string misfits;
  const auto add = [&misfits](const std::string& misfit) {
    misfits += (misfits.empty() ? "" : "; ") + misfit;
  };
  for (const ShapeColumn& column : shape.columns) {
    auto type = ParseType(column.type, context);
    if (!type.ok()) return InColumn(column.name, type.status());
    const auto index = IndexOf(there, column.name);
    if (!index.has_value()) {
      add("there is no column '" + column.name + "'");
      continue;
    }
    const LogicalType& source_type = there.types[*index];
    if (!CastsWithoutLoss(source_type, *type)) {
      add("column '" + column.name + "' is " + source_type.ToString() + ", not " +
          type->ToString());
      continue;
    }
    fitted.push_back({&column, *type, there.names[*index], source_type});
  }
  if (!misfits.empty()) return MakeError(ErrorKind::kConflict, misfits);
  return fitted;
}

Result<FittedShape> Fit(const Shape& shape, duckdb::ClientContext& context) {
  ARROW_RETURN_NOT_OK(CheckNames(shape));
  FittedShape fitted;
  ARROW_ASSIGN_OR_RAISE(fitted.source, SourceOf(shape));
  auto there = ColumnsOf(fitted.source, context);
  if (!there.ok()) {
    // Its types may be wrong as well, which its author should hear of first.
    for (const ShapeColumn& column : shape.columns) {
      ARROW_RETURN_NOT_OK(InColumn(column.name, ParseType(column.type, context).status()));
    }
    const bool missing = KindOf(there.status()) == ErrorKind::kNotFound;
    return missing ? WithKind(ErrorKind::kConflict, there.status()) : there.status();
  }
  ARROW_ASSIGN_OR_RAISE(fitted.columns, MatchShapeColumns(shape, *there, context));
  return fitted;
}

Result<FittedShape> Fit(Core& core, duckdb::Connection& connection, const Shape& shape) {
  Planning planning(core.plan_budget, {}, connection.context.get());
  auto fitted = Guarded([&] { return Fit(shape, *connection.context); });
  ARROW_RETURN_NOT_OK(planning.Explain(fitted.status()));
  return fitted;
}

duckdb::unique_ptr<duckdb::ParsedExpression> ValueOf(const Fitted& fitted, bool try_cast) {
  duckdb::unique_ptr<duckdb::ParsedExpression> value =
      duckdb::make_uniq<duckdb::ColumnRefExpression>(fitted.source_name, kSourceAlias);
  if (fitted.type != fitted.source_type) {
    value = duckdb::make_uniq<duckdb::CastExpression>(fitted.type, std::move(value), try_cast);
  }
  return value;
}

// The rows of `shape` behind FROM.
Source InShape(FittedShape shape) {
  auto select = duckdb::make_uniq<duckdb::SelectNode>();
  select->from_table = std::move(shape.source);
  for (const Fitted& column : shape.columns) {
    auto value = ValueOf(column, /*try_cast=*/false);
    value->SetAlias(column.column->name);
    select->select_list.push_back(std::move(value));
  }
  auto statement = duckdb::make_uniq<duckdb::SelectStatement>();
  statement->node = std::move(select);
  return duckdb::make_uniq<duckdb::SubqueryRef>(std::move(statement), kSourceAlias);
}

/// Writes the statement of an audit.
class AuditWriter {
 public:
  // Counts the rows for which `condition` is true.
  void Count(const std::string& condition, std::string finding) {
    list_ += (list_.empty() ? "" : ", ") + ("count(*) FILTER (WHERE " + condition + ")");
    audit_.findings.push_back(std::move(finding));
  }

  // `value` cast to `type`, in a statement.
  std::string Bind(const std::shared_ptr<arrow::Scalar>& value, const LogicalType& type) {
    audit_.parameters.push_back(value);
    return "CAST($" + std::to_string(audit_.parameters.size()) + " AS " + type.ToString() + ")";
  }

  ShapeAudit Finish(const Source& source) {
    if (!list_.empty()) audit_.sql = "SELECT " + list_ + " FROM " + source->ToString();
    return std::move(audit_);
  }

 private:
  std::string list_;
  ShapeAudit audit_;
};

std::string ValuesText(const ValueRule& rule) {
  std::string text;
  for (const auto& value : rule.values) text += (text.empty() ? "" : ", ") + value->ToString();
  return text;
}

void CountRule(AuditWriter& writer, const Fitted& column, const ValueRule& rule) {
  const std::string value = ValueOf(column, /*try_cast=*/true)->ToString();
  const std::string source_value =
      duckdb::ColumnRefExpression(column.source_name, kSourceAlias).ToString();
  const std::string begin = "column '" + column.column->name + "': ";
  switch (rule.kind) {
    case ValueRule::Kind::kNotNull:
      return writer.Count(source_value + " IS NULL", begin + "NULL where nullable is false");
    case ValueRule::Kind::kMinimum:
      return writer.Count(value + " < " + writer.Bind(rule.values.front(), column.type),
                          begin + "below the minimum " + ValuesText(rule));
    case ValueRule::Kind::kMaximum:
      return writer.Count(value + " > " + writer.Bind(rule.values.front(), column.type),
                          begin + "above the maximum " + ValuesText(rule));
    case ValueRule::Kind::kPattern:
      return writer.Count("NOT regexp_matches(CAST(" + value + " AS VARCHAR), " +
                              writer.Bind(rule.values.front(), LogicalType::VARCHAR) + ")",
                          begin + "not of the pattern " + ValuesText(rule));
    case ValueRule::Kind::kOneOf: {
      std::string list;
      for (const auto& one : rule.values) {
        list += (list.empty() ? "" : ", ") + writer.Bind(one, column.type);
      }
      return writer.Count(value + " NOT IN (" + list + ")",
                          begin + "none of the enum " + ValuesText(rule));
    }
  }
}

ShapeAudit AuditOf(const FittedShape& shape) {
  AuditWriter writer;
  for (const Fitted& column : shape.columns) {
    if (!AlwaysCasts(column.source_type, column.type)) {
      const std::string source_value =
          duckdb::ColumnRefExpression(column.source_name, kSourceAlias).ToString();
      writer.Count(source_value + " IS NOT NULL AND " +
                       ValueOf(column, /*try_cast=*/true)->ToString() + " IS NULL",
                   "column '" + column.column->name + "': no " + column.type.ToString());
    }
    for (const ValueRule& rule : column.column->rules) CountRule(writer, column, rule);
  }
  return writer.Finish(shape.source);
}

// The first value of what `sql` answers.
Result<duckdb::Value> Ask(duckdb::Connection& connection, const std::string& sql,
                          const Parameters& parameters) {
  ARROW_ASSIGN_OR_RAISE(auto bound, ToDuckDbParameters(parameters));
  return Guarded([&]() -> Result<duckdb::Value> {
    auto statements = connection.ExtractStatements(sql);
    const auto pending = connection.PendingQuery(std::move(statements.front()), bound,
                                                 duckdb::QueryParameters(false));
    if (pending->HasError()) return FromDuckDb(pending->GetErrorObject());
    const auto result = pending->Execute();
    if (result->HasError()) return FromDuckDb(result->GetErrorObject());
    return result->Cast<duckdb::MaterializedQueryResult>().GetValue(0, 0);
  });
}

// Whether the values of `rule` can stand beside those of a column of `type`.
Status CheckValues(duckdb::Connection& connection, const ValueRule& rule, const LogicalType& type) {
  if (rule.kind == ValueRule::Kind::kPattern) {
    return Ask(connection, "SELECT regexp_matches('', CAST($1 AS VARCHAR))", rule.values).status();
  }
  const std::string sql = "SELECT CAST($1 AS " + type.ToString() + ")";
  for (const auto& value : rule.values) {
    ARROW_RETURN_NOT_OK(Ask(connection, sql, {value}).status());
  }
  return Status::OK();
}

Status CheckRange(duckdb::Connection& connection, const Fitted& fitted) {
  std::shared_ptr<arrow::Scalar> minimum;
  std::shared_ptr<arrow::Scalar> maximum;
  for (const ValueRule& rule : fitted.column->rules) {
    if (rule.kind == ValueRule::Kind::kMinimum) minimum = rule.values.front();
    if (rule.kind == ValueRule::Kind::kMaximum) maximum = rule.values.front();
  }
  if (minimum == nullptr || maximum == nullptr) return Status::OK();
  const std::string type = fitted.type.ToString();
  const std::string sql = "SELECT CAST($1 AS " + type + ") <= CAST($2 AS " + type + ")";
  ARROW_ASSIGN_OR_RAISE(const auto fine, Ask(connection, sql, {minimum, maximum}));
  if (!fine.IsNull() && fine.GetValue<bool>()) return Status::OK();
  return MakeError(ErrorKind::kInvalidInput, "the minimum is above the maximum");
}

Status CheckRules(duckdb::Connection& connection, const Fitted& fitted) {
  for (const ValueRule& rule : fitted.column->rules) {
    const Status status = CheckValues(connection, rule, fitted.type);
    if (status.ok()) continue;
    return InColumn(fitted.column->name,
                    WithContext(WordOf(rule.kind), WithKind(ErrorKind::kInvalidInput, status)));
  }
  return InColumn(fitted.column->name, CheckRange(connection, fitted));
}

}  // namespace

std::string_view WordOf(ValueRule::Kind kind) {
  static constexpr std::array<std::string_view, 5> kWords = {"nullable", "minimum", "maximum",
                                                             "pattern", "enum"};
  return kWords.at(static_cast<size_t>(kind));
}

Status CheckShape(const std::shared_ptr<Core>& core, const Shape& shape) {
  ARROW_ASSIGN_OR_RAISE(const auto connection, core->Connect());
  ARROW_ASSIGN_OR_RAISE(const FittedShape fitted, Fit(*core, *connection, shape));
  for (const Fitted& column : fitted.columns) {
    ARROW_RETURN_NOT_OK(CheckRules(*connection, column));
  }
  return Status::OK();
}

Result<std::string> ComposeShapedRead(const std::shared_ptr<Core>& core, const Shape& shape,
                                      const TableRead& read) {
  ARROW_ASSIGN_OR_RAISE(const auto connection, core->Connect());
  ARROW_ASSIGN_OR_RAISE(FittedShape fitted, Fit(*core, *connection, shape));
  std::vector<std::string> names;
  names.reserve(fitted.columns.size());
  for (const Fitted& column : fitted.columns) names.push_back(column.column->name);
  return ComposeRead(InShape(std::move(fitted)), names, read);
}

Result<ShapeAudit> ComposeShapeAudit(const std::shared_ptr<Core>& core, const Shape& shape) {
  ARROW_ASSIGN_OR_RAISE(const auto connection, core->Connect());
  ARROW_ASSIGN_OR_RAISE(const FittedShape fitted, Fit(*core, *connection, shape));
  return Guarded([&]() -> Result<ShapeAudit> { return AuditOf(fitted); });
}

}  // namespace arrowport::engine
