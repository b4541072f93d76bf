#pragma once

#include <memory>
#include <string_view>

#include <arrow/type.h>

namespace arrowport::flight {

/// The columns of CommandGetXdbcTypeInfo.
std::shared_ptr<arrow::Schema> TypeInfoSchema();

/// The types of DuckDB in those columns, by XDBC's numbers of them; $1 is one of these, or NULL for
/// all.
std::string_view TypeInfoSql();

}  // namespace arrowport::flight
