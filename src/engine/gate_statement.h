#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include <duckdb.hpp>
#include <duckdb/main/prepared_statement_data.hpp>

#include "engine/core.h"
#include "engine/index_gate.h"
#include "engine/table.h"
#include "engine/table_versions.h"

namespace arrowport::engine {

/// What a statement has of the index gate, and in which way it failed to get it.
struct GateEntry {
  IndexGate::Pass pass;              ///< To be held until the statement is over.
  std::vector<TableName> waits_for;  ///< Set: it has to wait for these, without a transaction.
  IndexGate::Effect effect = IndexGate::Effect::kAdds;
};

/// For a statement that is about to be planned on `connection`, and makes an index in a transaction
/// of its own: waits until nobody writes to the table and no deleted row of it is in use. Another
/// enters nothing here, nor does one whose table is not there. Throws what FromDuckDb makes an
/// error of the gate's kind of, as all of these do.
void EnterForIndex(Core& core, duckdb::Connection& connection,
                   const duckdb::SQLStatement& statement, GateEntry* entry,
                   const std::stop_token& stop);

/// Gives the `entry` of `statement`, which is planned on `context` and changes `changes`, the pass
/// that it needs if it has none: for a COMMIT one for all that its transaction has changed. Waits
/// for it, but not in a transaction that the statement has for itself: then it throws, and Reenter
/// is to be asked.
void GateStatement(Core& core, duckdb::ClientContext& context,
                   const duckdb::PreparedStatementData& statement, const ChangedTables& changes,
                   GateEntry* entry, const std::stop_token& stop);

/// Of a statement that failed. Where it did because it would have had to wait: does so.
/// \return whether it did, and the statement is to be planned again.
bool Reenter(Core& core, GateEntry* entry, const std::stop_token& stop);

/// The text of one of the statements that DuckDB made of another, to make it anew.
std::string TextOf(const duckdb::SQLStatement& statement);

}  // namespace arrowport::engine
