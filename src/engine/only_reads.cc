#include "engine/only_reads.h"

#include <algorithm>
#include <string>

#include <duckdb.hpp>
#include <duckdb/main/prepared_statement_data.hpp>
#include <duckdb/parser/parsed_data/pragma_info.hpp>
#include <duckdb/parser/statement/pragma_statement.hpp>
#include <duckdb/transaction/meta_transaction.hpp>

#include "base/error.h"
#include "engine/database.h"
#include "engine/table.h"

namespace arrowport::engine {
namespace {

bool IsKindThatReads(duckdb::StatementType type) {
  return type == duckdb::StatementType::SELECT_STATEMENT ||
         type == duckdb::StatementType::EXPLAIN_STATEMENT;
}

std::string OnlyReads(const std::string& what) {
  return "only one statement that reads is taken here; this " + what;
}

bool IsVerification(const duckdb::SQLStatement& statement) {
  return statement.type == duckdb::StatementType::PRAGMA_STATEMENT &&
         IsSameName(statement.Cast<duckdb::PragmaStatement>().info->name, "enable_verification");
}

}  // namespace

Status NoStatement() {
  return MakeError(ErrorKind::kInvalidInput, "the SQL text holds no statement");
}

Status CheckKnown(const Statements& statements) {
  const auto is_it = [](const auto& statement) { return IsVerification(*statement); };
  if (std::ranges::none_of(statements, is_it)) return Status::OK();
  return MakeError(
      ErrorKind::kNotImplemented,
      "PRAGMA enable_verification, by which DuckDB runs each statement several times and "
      "compares the results, is not taken: results go to their readers and are not kept");
}

Status CheckKinds(const Statements& statements, const Statement& given, bool read_only) {
  if (statements.empty()) return NoStatement();
  ARROW_RETURN_NOT_OK(CheckKnown(statements));
  const std::string count = std::to_string(statements.size());
  if (read_only && statements.size() > 1) {
    return MakeError(ErrorKind::kForbidden, OnlyReads("text holds " + count));
  }
  if (read_only && !IsKindThatReads(statements.front()->type)) {
    const std::string name = duckdb::StatementTypeToString(statements.front()->type);
    return MakeError(ErrorKind::kForbidden, OnlyReads("is " + name));
  }
  if (statements.size() > 1 && !given.parameters.empty()) {
    return MakeError(ErrorKind::kInvalidInput,
                     "parameters need a single statement; this text holds " + count);
  }
  return Status::OK();
}

bool DecideReadOnly(duckdb::ClientContext& context, duckdb::PreparedStatementData& statement,
                    bool read_only) {
  const bool reads = statement.properties.IsReadOnly();
  if (read_only && !reads) throw duckdb::PermissionException(OnlyReads("one writes"));
  // CALL may do what its plan does not tell, and what began with BEGIN may have written already.
  const bool is_query = statement.statement_type == duckdb::StatementType::SELECT_STATEMENT;
  const bool is_alone = context.transaction.IsAutoCommit();
  if (!reads || !is_alone || !(read_only || is_query)) return false;
  duckdb::MetaTransaction::Get(context).SetReadOnly();
  return true;
}

}  // namespace arrowport::engine
