#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "engine/table.h"

namespace arrowport::engine {

/// `text` as an SQL identifier: in double quotes, quotes doubled.
std::string QuoteIdentifier(std::string_view text);

/// A piece that Sql() may put into a statement. Only names have a way in; values are bound
/// parameters, and text from a client is neither.
class SqlPiece {
 public:
  // Implicit, so that call sites read like the statement.
  SqlPiece(const TableName& table) : text_(table.ToSql()) {}

  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

/// `pattern` with each `{}` replaced by a piece, in order:
/// Sql("INSERT INTO {} BY NAME SELECT * FROM batches()", {table}).
std::string Sql(std::string_view pattern, std::initializer_list<SqlPiece> pieces);

}  // namespace arrowport::engine
