#pragma once

#include <duckdb.hpp>

#include "base/error.h"

namespace arrowport::engine {

// A transaction that can only be rolled back. DuckDB keeps that with the transaction, and refuses
// what it does not take in one by itself: all but its end, PREPARE and DEALLOCATE. For who has the
// connection to himself.

/// Says that a statement has failed in the transaction of `context`, if there is one. When it has
/// left a part of its work there, or DuckDB says so anyway, the transaction is to be rolled back,
/// and this is why, unless there was a reason before.
void NoteFailure(duckdb::ClientContext& context, const Status& failure, bool is_half_done);

/// kConflict, with the first reason, in a transaction that can only be rolled back.
Status CheckNotAborted(duckdb::ClientContext& context);

/// The same before a COMMIT, and rolls back: DuckDB would, too, and answer that all was well.
Status CheckCommits(duckdb::Connection& connection, const duckdb::SQLStatement& statement);

/// `status`, or instead of DuckDB's refusal in an aborted transaction `aborted`, which has the
/// reason.
Status WithReason(const Status& status, const Status& aborted);

}  // namespace arrowport::engine
