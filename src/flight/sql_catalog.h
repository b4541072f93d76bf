#pragma once

#include <memory>

#include <arrow/type.h>

#include "base/error.h"
#include "engine/result_stream.h"
#include "flight/sql_messages.h"
#include "service/service.h"

namespace arrowport::flight {

/// The columns of what `command` asks of the catalogs, as the standard has them. Null for a command
/// that asks something else.
/// https://arrow.apache.org/docs/format/FlightSql.html
Result<std::shared_ptr<arrow::Schema>> CatalogSchema(const PackedMessage& command);

/// What `command`, which has a CatalogSchema, asks: the databases that are attached, their schemas,
/// tables, views and keys. What is DuckDB's own and arrowport's own is left out.
Result<std::shared_ptr<engine::ResultStream>> ReadCatalog(service::Service& service,
                                                          const service::Call& call,
                                                          const PackedMessage& command);

}  // namespace arrowport::flight
