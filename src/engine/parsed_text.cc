#include "engine/parsed_text.h"

#include <string>
#include <vector>

#include <duckdb.hpp>
#include <duckdb/execution/operator/helper/physical_set.hpp>
#include <duckdb/main/config.hpp>
#include <duckdb/parser/parsed_data/create_info.hpp>
#include <duckdb/parser/parser.hpp>
#include <duckdb/parser/statement/create_statement.hpp>
#include <duckdb/parser/statement/set_statement.hpp>
#include <duckdb/parser/statement/transaction_statement.hpp>

#include "base/error.h"
#include "engine/duckdb_error.h"
#include "engine/plan_budget.h"
#include "engine/planning.h"
#include "engine/table.h"

namespace arrowport::engine {
namespace {

// Also by its place: CREATE TABLE temp.t.
bool IsTemporary(duckdb::SQLStatement& statement) {
  if (statement.type != duckdb::StatementType::CREATE_STATEMENT) return false;
  const auto& info = *statement.Cast<duckdb::CreateStatement>().info;
  // A temporary secret is the database's.
  if (info.type == duckdb::CatalogType::SECRET_ENTRY) return false;
  const std::string& place = info.catalog.empty() ? info.schema : info.catalog;
  return info.temporary || IsSameName(place, TEMP_CATALOG);
}

bool Stays(duckdb::SQLStatement& statement) {
  switch (statement.type) {
    case duckdb::StatementType::SET_STATEMENT:
    case duckdb::StatementType::VARIABLE_SET_STATEMENT:
    case duckdb::StatementType::PRAGMA_STATEMENT:
    case duckdb::StatementType::PREPARE_STATEMENT:
    case duckdb::StatementType::EXECUTE_STATEMENT:
    case duckdb::StatementType::TRANSACTION_STATEMENT:
      return true;
    default:
      return IsTemporary(statement);
  }
}

// Whether what is set is the connection's own, and not the database's.
bool IsOfConnection(const duckdb::SetStatement& set) {
  // To take back what a connection of its own has never set loses nothing.
  if (set.set_type != duckdb::SetType::SET || set.scope == duckdb::SetScope::GLOBAL) return false;
  if (set.scope != duckdb::SetScope::AUTOMATIC) return true;
  // The settings of an extension that is always there.
  if (IsSameName(set.name, "TimeZone") || IsSameName(set.name, "Calendar")) return true;
  const auto option = duckdb::DBConfig::GetOptionByName(set.name);
  return option &&
         duckdb::PhysicalSet::GetSettingScope(*option, set.scope) != duckdb::SetScope::GLOBAL;
}

// What `statement` makes for those after it and nobody else.
std::string MadeForOthers(duckdb::SQLStatement& statement) {
  if (IsTemporary(statement)) return "a temporary table or view";
  if (statement.type == duckdb::StatementType::PREPARE_STATEMENT) return "a prepared statement";
  if (statement.type != duckdb::StatementType::SET_STATEMENT) return "";
  const auto& set = statement.Cast<duckdb::SetStatement>();
  if (!IsOfConnection(set)) return "";
  if (set.scope == duckdb::SetScope::VARIABLE) return "a variable";
  return IsSameName(set.name, "schema") ? "the schema to look in" : "the setting " + set.name;
}

ParsedText::Transaction TransactionOf(duckdb::SQLStatement& statement) {
  using Transaction = ParsedText::Transaction;
  if (statement.type != duckdb::StatementType::TRANSACTION_STATEMENT) return Transaction::kNone;
  switch (statement.Cast<duckdb::TransactionStatement>().info->type) {
    case duckdb::TransactionType::BEGIN_TRANSACTION:
      return Transaction::kBegin;
    case duckdb::TransactionType::COMMIT:
      return Transaction::kCommit;
    case duckdb::TransactionType::ROLLBACK:
      return Transaction::kRollBack;
    default:
      return Transaction::kNone;
  }
}

std::string LostBy(const std::vector<duckdb::unique_ptr<duckdb::SQLStatement>>& statements) {
  using Transaction = ParsedText::Transaction;
  bool is_open = false;
  bool ends_none = false;
  for (const auto& statement : statements) {
    const Transaction transaction = TransactionOf(*statement);
    if (transaction == Transaction::kNone) continue;
    const bool begins = transaction == Transaction::kBegin;
    ends_none = ends_none || (!begins && !is_open);
    is_open = begins;
  }
  if (is_open || ends_none) return "a transaction that this text does not both begin and end";
  // What stands before others may be for them.
  return statements.empty() ? "" : MadeForOthers(*statements.back());
}

}  // namespace

ParsedText ParseText(const std::string& sql) {
  ParsedText text;
  Planning planning(PlanBudget::OfTexts(), {});
  (void)Guarded([&] {
    duckdb::Parser parser;
    parser.ParseQuery(sql);
    text.statements = static_cast<int>(parser.statements.size());
    for (const auto& statement : parser.statements) {
      text.stays = text.stays || Stays(*statement);
    }
    text.lost = LostBy(parser.statements);
    if (text.statements == 1) text.transaction = TransactionOf(*parser.statements.front());
    return Status::OK();
  });
  return text;
}

}  // namespace arrowport::engine
