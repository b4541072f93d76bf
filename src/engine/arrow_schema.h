#pragma once

#include <memory>
#include <string>

#include <arrow/type.h>
#include <duckdb.hpp>

#include "base/error.h"

namespace arrowport::engine {

/// The Arrow schema of rows of these types and names, as `context`'s settings have it. Values of
/// lists are called "item" as everywhere in Arrow, where DuckDB calls them "l" or nothing.
/// \return kNotImplemented, by the column's name, for a type that Arrow has none for.
Result<std::shared_ptr<arrow::Schema>> ArrowSchemaOf(
    const duckdb::vector<duckdb::LogicalType>& types, const duckdb::vector<std::string>& names,
    duckdb::ClientContext& context);

/// The same, with Arrow's opaque type for columns of types that Arrow has none for (VARIANT). Such
/// columns can be told of and not be read.
Result<std::shared_ptr<arrow::Schema>> ArrowSchemaOfAny(
    const duckdb::vector<duckdb::LogicalType>& types, const duckdb::vector<std::string>& names,
    duckdb::ClientContext& context);

}  // namespace arrowport::engine
