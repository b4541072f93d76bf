#pragma once

#include <duckdb.hpp>
#include <duckdb/catalog/catalog_entry/table_catalog_entry.hpp>

#include "engine/batch_scan.h"
#include "engine/column_fit.h"
#include "engine/morsel_queue.h"
#include "engine/workers.h"

namespace arrowport::engine {

/// Appends `batches`, whose columns are `sent` and become DuckDB's by `mapping`, to a table that
/// DuckDB itself stores: in their order, within the transaction that is open on `context`, as
/// TableAppender does. Where they are many, all of DuckDB's threads work on them, if there are
/// `workers`; what only one thread can do, as writing the log, is left to the commit.
///
/// Throws what DuckDB throws; then some of the rows may be in the transaction.
void AppendBatches(duckdb::ClientContext& context, duckdb::TableCatalogEntry& table,
                   const ColumnList& sent, const BatchMapping& mapping, const Batches& batches,
                   Workers::Use* workers);

}  // namespace arrowport::engine
