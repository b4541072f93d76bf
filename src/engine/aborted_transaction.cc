#include "engine/aborted_transaction.h"

#include <string>

#include <duckdb/main/valid_checker.hpp>
#include <duckdb/parser/statement/transaction_statement.hpp>
#include <duckdb/transaction/meta_transaction.hpp>

#include "base/error.h"
#include "engine/duckdb_error.h"

namespace arrowport::engine {
namespace {

const std::string kBeginning =
    "the transaction can only be rolled back, since a statement of it failed half way: ";

// DuckDB's of a statement in a transaction that was to be rolled back before.
bool IsRefusal(const Status& status) {
  return KindOf(status) == ErrorKind::kConflict &&
         status.message().find("Current transaction is aborted") != std::string::npos;
}

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

void NoteFailure(duckdb::ClientContext& context, const Status& failure, bool is_half_done) {
  auto* const validity = ValidityOf(context);
  if (validity == nullptr || !(is_half_done || validity->IsInvalidated())) return;
  // DuckDB's own reason is that the transaction has failed.
  const bool has_reason = validity->InvalidatedMessage().starts_with(kBeginning);
  if (!has_reason && !IsRefusal(failure)) validity->Invalidate(kBeginning + failure.message());
}

Status CheckNotAborted(duckdb::ClientContext& context) {
  auto* const validity = ValidityOf(context);
  if (validity == nullptr || !validity->IsInvalidated()) return Status::OK();
  const std::string reason = WithoutTrace(validity->InvalidatedMessage());
  return MakeError(ErrorKind::kConflict,
                   reason.starts_with(kBeginning) ? reason : kBeginning + reason);
}

Status CheckCommits(duckdb::Connection& connection, const duckdb::SQLStatement& statement) {
  if (!IsCommit(statement)) return Status::OK();
  Status aborted = CheckNotAborted(*connection.context);
  if (!aborted.ok()) (void)RunSql(connection, "ROLLBACK");
  return aborted;
}

Status WithReason(const Status& status, const Status& aborted) {
  return !aborted.ok() && IsRefusal(status) ? aborted : status;
}

}  // namespace arrowport::engine
