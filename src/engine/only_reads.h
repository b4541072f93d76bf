#pragma once

#include <duckdb.hpp>

#include "base/error.h"
#include "engine/database.h"

namespace arrowport::engine {

using Statements = duckdb::vector<duckdb::unique_ptr<duckdb::SQLStatement>>;

/// What is said of a text without any.
Status NoStatement();

/// kNotImplemented for what cannot work here, whatever it is run for.
Status CheckKnown(const Statements& statements);

/// As CheckKnown, and that the statements of the text of `given` may run together, and with
/// `read_only` that there is one that reads. Before anything is planned, since planning alone may
/// make files.
Status CheckKinds(const Statements& statements, const Statement& given, bool read_only);

/// Has a statement that only reads do so in a read-only transaction, unless it is in one that goes
/// on. Throws with `read_only` for what changes anything, in a way that only its plan shows.
/// \return whether it is in one.
bool DecideReadOnly(duckdb::ClientContext& context, duckdb::PreparedStatementData& statement,
                    bool read_only);

}  // namespace arrowport::engine
