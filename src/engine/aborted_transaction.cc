#include "engine/aborted_transaction.h"

#include <string>

#include <duckdb/main/valid_checker.hpp>
#include <duckdb/parser/statement/transaction_statement.hpp>
#include <duckdb/transaction/meta_transaction.hpp>

#include "base/error.h"
#include "engine/duckdb_error.h"

namespace arrowport::engine {
namespace {

// What DuckDB knows of the transaction that goes on; null when there is none.
duckdb::ValidChecker* ValidityOf(duckdb::ClientContext& context) {
  auto& transaction = context.transaction;
  if (transaction.IsAutoCommit() || !transaction.HasActiveTransaction()) return nullptr;
  return &duckdb::ValidChecker::Get(transaction.ActiveTransaction());
}

bool IsCommit(const duckdb::SQLStatement& statement) {
  return statement.type == duckdb::StatementType::TRANSACTION_STATEMENT &&
         statement.Cast<duckdb::TransactionStatement>().info->type ==
             duckdb::TransactionType::COMMIT;
}

}  // namespace

void AbortTransaction(duckdb::ClientContext& context, const Status& reason) {
  auto* const validity = ValidityOf(context);
  if (validity != nullptr && !validity->IsInvalidated()) validity->Invalidate(reason.message());
}

Status CheckNotAborted(duckdb::ClientContext& context) {
  auto* const validity = ValidityOf(context);
  if (validity == nullptr || !validity->IsInvalidated()) return Status::OK();
  return MakeError(ErrorKind::kConflict,
                   "the transaction can only be rolled back, since a statement of it failed half "
                   "way: " +
                       WithoutTrace(validity->InvalidatedMessage()));
}

Status CheckCommits(duckdb::Connection& connection, const duckdb::SQLStatement& statement) {
  if (!IsCommit(statement)) return Status::OK();
  Status aborted = CheckNotAborted(*connection.context);
  if (!aborted.ok()) (void)RunSql(connection, "ROLLBACK");
  return aborted;
}

Status WithReason(const Status& status, const Status& aborted) {
  const bool is_refusal =
      KindOf(status) == ErrorKind::kConflict &&
      status.message().find("Current transaction is aborted") != std::string::npos;
  return !aborted.ok() && is_refusal ? aborted : status;
}

}  // namespace arrowport::engine
