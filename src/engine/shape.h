#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/scalar.h>

#include "base/error.h"
#include "engine/table.h"

namespace arrowport::engine {

/// What the values of a column must be, besides of its type. NULL is a value to kNotNull alone.
struct ValueRule {
  enum class Kind {
    kNotNull,
    kMinimum,  ///< No less than the one of `values`.
    kMaximum,  ///< No more than the one of `values`.
    kPattern,  ///< Their text has a match of the regular expression (RE2) of `values`.
    kOneOf,    ///< One of `values`.
  };

  Kind kind = Kind::kNotNull;
  std::vector<std::shared_ptr<arrow::Scalar>> values = {};  ///< Cast to the column's type.
};

/// The word for a rule in a definition: "minimum", "pattern", …; kNotNull is "nullable: false".
std::string_view WordOf(ValueRule::Kind kind);

struct ShapeColumn {
  std::string name;
  /// As Arrow writes it ("int64", "timestamp[us, tz=UTC]", "decimal128(12, 2)") or as SQL does
  /// ("DECIMAL(12, 2)", "INTEGER[]").
  std::string type;
  std::vector<ValueRule> rules = {};
};

/// Rows in columns of given names, types and order, whatever those of their source are.
struct Shape {
  TableName table;    ///< The source: a table or view,
  std::string query;  ///< or, where this is not empty, one SELECT.
  std::vector<ShapeColumn> columns;
};

/// How many rows of the source break each rule of a shape: one row of BIGINTs.
struct ShapeAudit {
  std::string sql;  ///< Empty where there is nothing to count.
  std::vector<std::shared_ptr<arrow::Scalar>> parameters;
  std::vector<std::string> findings;  ///< By column of the result: "column 'a': … NULL".
};

}  // namespace arrowport::engine
