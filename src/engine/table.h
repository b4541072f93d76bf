#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <arrow/type.h>

#include "base/error.h"

namespace arrowport::engine {

/// The name of a table or view. Empty parts mean the connection's defaults.
struct TableName {
  std::string catalog;
  std::string schema;
  std::string name;

  bool operator==(const TableName&) const = default;

  /// Reads `name`, `schema.name` or `catalog.schema.name`. A part in double quotes may hold dots,
  /// with `""` for a quote, as in SQL.
  static Result<TableName> Parse(std::string_view text);

  /// As SQL, every part quoted.
  [[nodiscard]] std::string ToSql() const;

  /// As people write it: parts joined by dots, quoted only where they must be.
  [[nodiscard]] std::string ToString() const;

  /// The same for all names that DuckDB takes for the same table: it looks at no letter's case.
  [[nodiscard]] std::string Key() const;
};

/// Whether DuckDB takes two names of a part (a schema, a catalog) for the same.
bool IsSameName(std::string_view a, std::string_view b);

/// What is known of a table or view without reading it.
struct TableInfo {
  TableName name;
  bool is_view = false;
  std::shared_ptr<arrow::Schema> schema;  ///< As a query of all of its columns answers.
  int64_t rows = -1;                      ///< Exact for tables of DuckDB; -1: not known (views).
};

/// A table at one time.
struct VersionedTable {
  TableName name;       ///< In full.
  std::string version;  ///< Letters, digits and hyphens.
};

}  // namespace arrowport::engine
