#include "engine/column_names.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <duckdb.hpp>

#include "base/error.h"

namespace arrowport::engine {
namespace {

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kSpaces = " \t\r\n";
  const size_t begin = text.find_first_not_of(kSpaces);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpaces) - begin + 1);
}

// Where the name at the front of `text` ends: at a comma outside of quotes, or at the end.
size_t EndOfName(std::string_view text) {
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') quoted = !quoted;
    if (text[i] == ',' && !quoted) return i;
  }
  return text.size();
}

Status Unknown(const std::string& what, const std::vector<std::string>& columns) {
  std::string list;
  for (const std::string& column : columns) list += (list.empty() ? "" : ", ") + column;
  return MakeError(ErrorKind::kInvalidInput, "columns: " + what + "; there are " + list);
}

// The inside of quotes; nothing else may stand beside them.
Result<std::string> Unquoted(std::string_view text, const std::vector<std::string>& columns) {
  const auto bad = [&] { return Unknown(std::string(text) + " is no name", columns); };
  if (text.size() < 2 || !text.ends_with('"')) return bad();
  std::string name;
  const std::string_view inside = text.substr(1, text.size() - 2);
  for (size_t i = 0; i < inside.size(); ++i) {
    name.push_back(inside[i]);
    if (inside[i] != '"') continue;
    ++i;
    if (i == inside.size() || inside[i] != '"') return bad();
  }
  return name;
}

Result<std::string> FindColumn(std::string_view text, const std::vector<std::string>& columns) {
  std::string name(text);
  if (text.starts_with('"')) {
    ARROW_ASSIGN_OR_RAISE(name, Unquoted(text, columns));
  }
  if (std::ranges::find(columns, name) != columns.end()) return name;
  const auto alike = [&name](const std::string& column) {
    return duckdb::StringUtil::CIEquals(column, name);
  };
  const auto found = std::ranges::find_if(columns, alike);
  if (found == columns.end()) return Unknown("'" + name + "' is not one of them", columns);
  return *found;
}

}  // namespace

Result<std::vector<std::string>> FindColumns(std::string_view text,
                                             const std::vector<std::string>& columns) {
  std::vector<std::string> found;
  for (;;) {
    const size_t end = EndOfName(text);
    ARROW_ASSIGN_OR_RAISE(std::string name, FindColumn(Trimmed(text.substr(0, end)), columns));
    found.push_back(std::move(name));
    if (end == text.size()) return found;
    text.remove_prefix(end + 1);
  }
}

}  // namespace arrowport::engine
