#include "engine/landing_plan.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <duckdb.hpp>

#include "base/error.h"
#include "engine/catalog.h"
#include "engine/column_fit.h"
#include "engine/landing.h"
#include "engine/scalar.h"
#include "engine/shape.h"
#include "engine/sql.h"
#include "engine/table.h"

namespace arrowport::engine {
namespace {

using duckdb::idx_t;
using duckdb::LogicalType;
using duckdb::LogicalTypeId;

// DuckDB makes tables of columns without a type with this one.
const LogicalType& TypeOfNulls() {
  static const LogicalType kType = LogicalType::INTEGER;
  return kType;
}

std::string Join(const std::vector<std::string>& parts, std::string_view between) {
  std::string text;
  for (const std::string& part : parts) {
    if (!text.empty()) text += between;
    text += part;
  }
  return text;
}

constexpr std::string_view kKept = "arrowport_kept";

std::string Sent(const std::string& column) {
  return std::string(kSentRow) + "." + QuoteIdentifier(column);
}

std::string Kept(const std::string& column) {
  return std::string(kKept) + "." + QuoteIdentifier(column);
}

bool IsNamed(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::any_of(names, [&](const auto& other) { return IsSameName(other, name); });
}

ColumnList Without(const ColumnList& columns, const std::string& name) {
  ColumnList rest;
  for (idx_t i = 0; i < columns.names.size(); ++i) {
    if (IsSameName(columns.names[i], name)) continue;
    rest.names.push_back(columns.names[i]);
    rest.types.push_back(columns.types[i]);
  }
  return rest;
}

bool IsTimestamp(const LogicalType& type) { return FinenessOf(type).has_value(); }

bool IsExactNumber(const LogicalType& type) {
  return type.IsIntegral() || type.id() == LogicalTypeId::DECIMAL;
}

bool IsFloat(const LogicalType& type) {
  return type.id() == LogicalTypeId::FLOAT || type.id() == LogicalTypeId::DOUBLE;
}

// Of one that a double has every value of.
bool IsShortInteger(const LogicalType& type) {
  return type.IsIntegral() && duckdb::GetTypeIdSize(type.InternalType()) <= 4;
}

// Whether `to` has every value of `from`. DuckDB casts any exact number to a decimal by itself, and
// any timestamp to a coarser one.
bool HasAllOf(const LogicalType& to, const LogicalType& from) {
  if (IsTimestamp(to) && IsTimestamp(from)) return *FinenessOf(to) >= *FinenessOf(from);
  if (!AlwaysCasts(from, to)) return false;
  if (to.id() != LogicalTypeId::DECIMAL || !IsExactNumber(from)) return true;
  uint8_t to_width = 0;
  uint8_t to_scale = 0;
  uint8_t from_width = 0;
  uint8_t from_scale = 0;
  to.GetDecimalProperties(to_width, to_scale);
  from.GetDecimalProperties(from_width, from_scale);
  return to_scale >= from_scale && to_width - to_scale >= from_width - from_scale;
}

// Whether a value of `sent` may have no room in `kept`. Nanoseconds reach from 1677 to 2262 only.
bool MayNotFit(const LogicalType& kept, const LogicalType& sent) {
  return !HasAllOf(kept, sent) || (kept.id() == LogicalTypeId::TIMESTAMP_NS && kept != sent);
}

/// Plans one landing.
class Planner {
 public:
  Planner(const TableName& table, const FoundTable& found, const ColumnList& sent,
          const LandingRule& rule, const std::vector<std::string>& empty_columns)
      : table_(table),
        found_(found),
        all_sent_(sent),
        rule_(rule),
        empty_columns_(empty_columns),
        sent_(rule.delete_column.empty() ? sent : Without(sent, rule.delete_column)),
        kept_(found.columns) {}

  Result<LandingPlan> Plan() {
    ARROW_RETURN_NOT_OK(CheckTarget());
    ARROW_RETURN_NOT_OK(CheckRule());
    if (found_.kind == FoundTable::Kind::kMissing) {
      MakeTable();
    } else {
      ARROW_RETURN_NOT_OK(ChangeTable());
    }
    ARROW_RETURN_NOT_OK(FindBadRows());
    if (rule_.mode == LandingMode::kReplace && found_.kind == FoundTable::Kind::kTable) {
      plan_.changes.push_back(Sql("DELETE FROM {}", {table_}));
    }
    if (rule_.mode == LandingMode::kUpsert) {
      PlanMerge();
    } else {
      plan_.land_from = Sql("INSERT INTO {} BY NAME SELECT * FROM ", {table_});
    }
    return std::move(plan_);
  }

 private:
  [[nodiscard]] Status CheckTarget() const {
    if (found_.kind == FoundTable::Kind::kView) {
      return MakeError(ErrorKind::kConflict,
                       "'" + table_.ToString() + "' is a view; rows can only be put into a table");
    }
    if (found_.kind == FoundTable::Kind::kMissing && !rule_.create_table) {
      return MakeError(ErrorKind::kNotFound, "table '" + table_.ToString() +
                                                 "' does not exist, and its rule says not to make "
                                                 "it");
    }
    return Status::OK();
  }

  [[nodiscard]] Status CheckRule() const {
    for (const std::string& name : rule_.key) ARROW_RETURN_NOT_OK(CheckIsSent("key", name));
    if (!rule_.order_by.empty()) ARROW_RETURN_NOT_OK(CheckIsSent("order_by", rule_.order_by));
    if (rule_.delete_column.empty()) return Status::OK();
    const auto marker = IndexOf(all_sent_, rule_.delete_column);
    if (!marker || AlwaysCasts(all_sent_.types[*marker], LogicalType::BOOLEAN)) return Status::OK();
    return MakeError(ErrorKind::kConflict, "column '" + rule_.delete_column +
                                               "' says which rows are deleted and must be BOOLEAN, "
                                               "not " +
                                               all_sent_.types[*marker].ToString());
  }

  [[nodiscard]] Status CheckIsSent(const char* what, const std::string& name) const {
    if (IndexOf(sent_, name)) return Status::OK();
    return MakeError(
        ErrorKind::kConflict,
        "there is no column '" + name + "' in what is sent, which the rule names as " + what);
  }

  void MakeTable() {
    std::vector<std::string> columns;
    for (idx_t i = 0; i < sent_.names.size(); ++i) {
      const bool has_type = sent_.types[i].id() != LogicalTypeId::SQLNULL;
      kept_.names.push_back(sent_.names[i]);
      kept_.types.push_back(has_type ? sent_.types[i] : TypeOfNulls());
      columns.push_back(QuoteIdentifier(sent_.names[i]) + " " + kept_.types.back().ToString());
    }
    plan_.changes.push_back(Sql("CREATE TABLE {}(", {table_}) + Join(columns, ", ") + ")");
    if (rule_.partition_by.empty()) return;
    std::vector<std::string> parts;
    for (const std::string& name : rule_.partition_by) parts.push_back(QuoteIdentifier(name));
    plan_.changes.push_back(Sql("ALTER TABLE {} SET PARTITIONED BY (", {table_}) +
                            Join(parts, ", ") + ")");
  }

  // As far as the rule lets it; what is not there then is named by CheckFit.
  Status ChangeTable() {
    for (idx_t i = 0; i < sent_.names.size(); ++i) {
      const auto index = IndexOf(kept_, sent_.names[i]);
      if (!index) {
        if (rule_.on_schema_change.add_columns) AddColumn(sent_.names[i], sent_.types[i]);
      } else if (rule_.on_schema_change.widen) {
        Widen(*index, sent_.types[i]);
      }
    }
    return WithContext("table '" + table_.ToString() + "'", CheckFit(FitOfSent(), kept_));
  }

  // With a quarantine texts may be sent for anything: those that are no value of it go there.
  [[nodiscard]] ColumnList FitOfSent() const {
    if (!rule_.quarantine) return sent_;
    ColumnList fit = sent_;
    for (idx_t i = 0; i < fit.names.size(); ++i) {
      const auto index = IndexOf(kept_, fit.names[i]);
      if (index && fit.types[i].id() == LogicalTypeId::VARCHAR) fit.types[i] = kept_.types[*index];
    }
    return fit;
  }

  void AddColumn(const std::string& name, const LogicalType& type) {
    const LogicalType added = type.id() == LogicalTypeId::SQLNULL ? TypeOfNulls() : type;
    kept_.names.push_back(name);
    kept_.types.push_back(added);
    plan_.changes.push_back(Sql("ALTER TABLE {} ADD COLUMN ", {table_}) + QuoteIdentifier(name) +
                            " " + added.ToString());
  }

  void Widen(idx_t index, const LogicalType& sent) {
    LogicalType& kept = kept_.types[index];
    LogicalType widened = WidenedType(kept, sent);
    if (widened.id() == LogicalTypeId::INVALID && IsNamed(empty_columns_, kept_.names[index])) {
      widened = sent;
    }
    if (widened.id() == LogicalTypeId::INVALID || widened == kept) return;
    kept = widened;
    plan_.changes.push_back(Sql("ALTER TABLE {} ALTER COLUMN ", {table_}) +
                            QuoteIdentifier(kept_.names[index]) + " SET DATA TYPE " +
                            widened.ToString());
  }

  Status FindBadRows() {
    if (rule_.quarantine) {
      for (idx_t i = 0; i < sent_.names.size(); ++i) FindMisfits(i);
    }
    for (const ShapeColumn& check : rule_.checks) {
      const auto index = IndexOf(sent_, check.name);
      const bool may_lack = std::ranges::none_of(check.rules, [](const ValueRule& rule) {
        return rule.kind == ValueRule::Kind::kNotNull;
      });
      if (!index && may_lack) continue;
      if (!index) {
        return MakeError(ErrorKind::kConflict, "there is no column '" + check.name +
                                                   "' in what is sent, which the schema has");
      }
      for (const ValueRule& rule : check.rules) {
        ARROW_ASSIGN_OR_RAISE(BadRow bad, BreakOf(*index, rule));
        plan_.bad_rows.push_back(std::move(bad));
      }
    }
    return Status::OK();
  }

  void FindMisfits(idx_t i) {
    const std::string& name = sent_.names[i];
    const idx_t index = *IndexOf(kept_, name);
    const std::string value = Sent(name);
    if (MayNotFit(kept_.types[index], sent_.types[i])) {
      const std::string type = kept_.types[index].ToString();
      plan_.bad_rows.push_back(
          {.column = name,
           .condition = value + " IS NOT NULL AND TRY_CAST(" + value + " AS " + type + ") IS NULL",
           .reason = "it is no " + type});
    }
    if (IsNamed(found_.never_null, name)) {
      plan_.bad_rows.push_back(
          {.column = name, .condition = value + " IS NULL", .reason = "it may not be NULL"});
    }
  }

  [[nodiscard]] Result<BadRow> BreakOf(idx_t i, const ValueRule& rule) const {
    const LogicalType& type = kept_.types[*IndexOf(kept_, sent_.names[i])];
    const std::string plain = Sent(sent_.names[i]);
    const std::string value = "TRY_CAST(" + plain + " AS " + type.ToString() + ")";
    ARROW_ASSIGN_OR_RAISE(const auto texts, LiteralsOf(rule, type));
    BadRow bad{.column = sent_.names[i],
               .condition = "",
               .reason = "it breaks the schema's " + std::string(WordOf(rule.kind))};
    switch (rule.kind) {
      case ValueRule::Kind::kNotNull:
        bad.condition = plain + " IS NULL";
        break;
      case ValueRule::Kind::kMinimum:
        bad.condition = value + " < " + texts.front();
        break;
      case ValueRule::Kind::kMaximum:
        bad.condition = value + " > " + texts.front();
        break;
      case ValueRule::Kind::kPattern:
        bad.condition = "NOT regexp_matches(CAST(" + plain + " AS VARCHAR), " + texts.front() + ")";
        break;
      case ValueRule::Kind::kOneOf:
        bad.condition = value + " NOT IN (" + Join(texts, ", ") + ")";
        break;
    }
    return bad;
  }

  static Result<std::vector<std::string>> LiteralsOf(const ValueRule& rule,
                                                     const LogicalType& column) {
    const bool is_text = rule.kind == ValueRule::Kind::kPattern;
    const std::string type = is_text ? "VARCHAR" : column.ToString();
    std::vector<std::string> texts;
    for (const auto& scalar : rule.values) {
      ARROW_ASSIGN_OR_RAISE(const duckdb::Value value, ToDuckDbValue(*scalar));
      texts.push_back("CAST(" + value.ToSQLString() + " AS " + type + ")");
    }
    return texts;
  }

  // In the table's types, and with the marker as what it is.
  [[nodiscard]] std::string CastSent() const {
    std::vector<std::string> columns;
    for (const std::string& name : sent_.names) {
      const std::string type = kept_.types[*IndexOf(kept_, name)].ToString();
      columns.push_back("CAST(" + Sent(name) + " AS " + type + ") AS " + QuoteIdentifier(name));
    }
    if (deletes()) {
      columns.push_back("coalesce(CAST(" + Sent(rule_.delete_column) +
                        " AS BOOLEAN), false) AS arrowport_deletes");
    }
    return Join(columns, ", ");
  }

  [[nodiscard]] bool deletes() const {
    return !rule_.delete_column.empty() && IndexOf(all_sent_, rule_.delete_column).has_value();
  }

  // Of the last row of each key, in the table's types.
  void PlanMerge() {
    std::vector<std::string> key;
    std::vector<std::string> same_key;
    for (const std::string& name : rule_.key) {
      key.push_back(QuoteIdentifier(name));
      same_key.push_back(Kept(name) + " IS NOT DISTINCT FROM " + Sent(name));
    }
    const std::string sent(kSentRow);
    const std::string order =
        rule_.order_by.empty() ? "" : QuoteIdentifier(rule_.order_by) + " DESC NULLS LAST, ";
    plan_.land_from = Sql("MERGE INTO {} AS ", {table_}) + std::string(kKept) +
                      " USING (SELECT * FROM (SELECT " + CastSent() +
                      ", row_number() OVER () AS arrowport_place FROM ";
    plan_.land_rest = " AS " + sent + ") QUALIFY row_number() OVER (PARTITION BY " +
                      Join(key, ", ") + " ORDER BY " + order + "arrowport_place DESC) = 1) AS " +
                      sent + " ON " + Join(same_key, " AND ") + MergeActions();
  }

  [[nodiscard]] std::string MergeActions() const {
    std::string sql;
    if (!rule_.order_by.empty()) {
      const std::string before = Kept(rule_.order_by);
      const std::string now = Sent(rule_.order_by);
      sql += " WHEN MATCHED AND " + before + " IS NOT NULL AND (" + now + " IS NULL OR " + now +
             " < " + before + ") THEN DO NOTHING";
    }
    const std::string marker = Sent("arrowport_deletes");
    if (deletes()) sql += " WHEN MATCHED AND " + marker + " THEN DELETE";
    return sql + " WHEN MATCHED THEN " + UpdateSql() + " WHEN NOT MATCHED" +
           (deletes() ? " AND NOT " + marker : "") + " THEN " + InsertOneSql();
  }

  [[nodiscard]] std::string UpdateSql() const {
    std::vector<std::string> changes;
    for (const std::string& name : sent_.names) {
      if (IsNamed(rule_.key, name)) continue;
      changes.push_back(QuoteIdentifier(name) + " = " + Sent(name));
    }
    return changes.empty() ? "DO NOTHING" : "UPDATE SET " + Join(changes, ", ");
  }

  [[nodiscard]] std::string InsertOneSql() const {
    std::vector<std::string> names;
    std::vector<std::string> values;
    for (const std::string& name : sent_.names) {
      names.push_back(QuoteIdentifier(name));
      values.push_back(Sent(name));
    }
    return "INSERT (" + Join(names, ", ") + ") VALUES (" + Join(values, ", ") + ")";
  }

  const TableName& table_;
  const FoundTable& found_;
  const ColumnList& all_sent_;  // With the marker of rows to delete.
  const LandingRule& rule_;
  const std::vector<std::string>& empty_columns_;
  const ColumnList sent_;
  ColumnList kept_;  // As they will be.
  LandingPlan plan_;
};

// Whether one type may take the place of both without a value meaning something else.
bool MayWiden(const LogicalType& kept, const LogicalType& sent) {
  return (IsExactNumber(kept) && IsExactNumber(sent)) || (IsFloat(kept) && IsFloat(sent)) ||
         (IsTimestamp(kept) && IsTimestamp(sent)) ||
         (kept.id() == LogicalTypeId::DATE && IsTimestamp(sent));
}

}  // namespace

LogicalType WidenedType(const LogicalType& kept, const LogicalType& sent) {
  if (HasAllOf(kept, sent)) return kept;
  if (IsShortInteger(kept) && IsFloat(sent)) return LogicalType::DOUBLE;
  if (kept.id() == LogicalTypeId::ENUM && sent.id() == LogicalTypeId::VARCHAR) return sent;
  if (!MayWiden(kept, sent)) return LogicalType::INVALID;
  if (HasAllOf(sent, kept)) return sent;
  LogicalType both;
  const bool has_all = LogicalType::TryGetMaxLogicalTypeUnchecked(kept, sent, both) &&
                       HasAllOf(both, kept) && HasAllOf(both, sent);
  return has_all ? both : LogicalType(LogicalType::INVALID);
}

bool MayChangeColumns(const ColumnList& kept, const ColumnList& sent, const SchemaChange& allowed) {
  for (idx_t i = 0; i < sent.names.size(); ++i) {
    const auto index = IndexOf(kept, sent.names[i]);
    if (!index && allowed.add_columns) return true;
    if (index && allowed.widen && !HasAllOf(kept.types[*index], sent.types[i])) return true;
  }
  return false;
}

Result<LandingPlan> PlanLanding(const TableName& table, const FoundTable& found,
                                const ColumnList& sent, const LandingRule& rule,
                                const std::vector<std::string>& empty_columns) {
  return Planner(table, found, sent, rule, empty_columns).Plan();
}

}  // namespace arrowport::engine
