#include "engine/sql.h"

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

namespace arrowport::engine {

std::string QuoteIdentifier(std::string_view text) {
  std::string quoted = "\"";
  for (char c : text) {
    if (c == '"') quoted.push_back('"');
    quoted.push_back(c);
  }
  quoted.push_back('"');
  return quoted;
}

std::string Sql(std::string_view pattern, std::initializer_list<SqlPiece> pieces) {
  std::string sql;
  for (const SqlPiece& piece : pieces) {
    const size_t place = pattern.find("{}");
    sql += pattern.substr(0, place);
    sql += piece.text();
    pattern.remove_prefix(place + 2);
  }
  sql += pattern;
  return sql;
}

}  // namespace arrowport::engine
