#include "engine/parsed_text.h"

#include <string>

#include <duckdb.hpp>
#include <duckdb/parser/parser.hpp>
#include <duckdb/parser/statement/create_statement.hpp>
#include <duckdb/parser/statement/transaction_statement.hpp>

#include "base/error.h"
#include "engine/duckdb_error.h"

namespace arrowport::engine {
namespace {

bool OnlyStays(duckdb::SQLStatement& statement) {
  if (statement.type == duckdb::StatementType::TRANSACTION_STATEMENT) return true;
  return statement.type == duckdb::StatementType::CREATE_STATEMENT &&
         statement.Cast<duckdb::CreateStatement>().info->temporary;
}

bool Stays(duckdb::SQLStatement& statement) {
  switch (statement.type) {
    case duckdb::StatementType::SET_STATEMENT:
    case duckdb::StatementType::VARIABLE_SET_STATEMENT:
    case duckdb::StatementType::PRAGMA_STATEMENT:
    case duckdb::StatementType::PREPARE_STATEMENT:
    case duckdb::StatementType::EXECUTE_STATEMENT:
      return true;
    default:
      return OnlyStays(statement);
  }
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

}  // namespace

ParsedText ParseText(const std::string& sql) {
  ParsedText text;
  (void)Guarded([&] {
    duckdb::Parser parser;
    parser.ParseQuery(sql);
    text.statements = static_cast<int>(parser.statements.size());
    for (const auto& statement : parser.statements) {
      text.stays = text.stays || Stays(*statement);
      text.only_stays = text.only_stays || OnlyStays(*statement);
    }
    if (text.statements == 1) text.transaction = TransactionOf(*parser.statements.front());
    return Status::OK();
  });
  return text;
}

}  // namespace arrowport::engine
