#include "engine/table.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ascii.h"
#include "base/error.h"
#include "engine/sql.h"

namespace arrowport::engine {
namespace {

Status BadName(std::string_view text, std::string_view why) {
  return MakeError(ErrorKind::kInvalidInput, "table name '" + std::string(text) +
                                                 "': " + std::string(why) +
                                                 "; write name, schema.name or "
                                                 "catalog.schema.name, with \"…\" around a part "
                                                 "that holds a dot");
}

// Takes one part off the front of `rest`; what follows it is a dot or nothing.
Result<std::string> TakePart(std::string_view text, std::string_view& rest) {
  if (!rest.starts_with('"')) {
    std::string part(rest.substr(0, rest.find('.')));
    rest.remove_prefix(part.size());
    return part;
  }
  std::string part;
  for (size_t i = 1; i < rest.size(); ++i) {
    if (rest[i] != '"') {
      part.push_back(rest[i]);
    } else if (i + 1 < rest.size() && rest[i + 1] == '"') {
      part.push_back('"');
      ++i;
    } else {
      rest.remove_prefix(i + 1);
      return part;
    }
  }
  return BadName(text, "the closing quote is missing");
}

bool IsPlain(std::string_view part) {
  return std::ranges::none_of(part, [](char c) { return c == '.' || c == '"'; });
}

}  // namespace

Result<TableName> TableName::Parse(std::string_view text) {
  std::vector<std::string> parts;
  std::string_view rest = text;
  for (;;) {
    ARROW_ASSIGN_OR_RAISE(std::string part, TakePart(text, rest));
    if (part.empty()) return BadName(text, "a part is empty");
    if (part.find('\0') != std::string::npos) return BadName(text, "a part holds a NUL byte");
    parts.push_back(std::move(part));
    if (rest.empty()) break;
    if (!rest.starts_with('.')) return BadName(text, "text follows a closing quote");
    rest.remove_prefix(1);
  }
  if (parts.size() > 3) return BadName(text, "it has more than three parts");
  TableName name;
  name.name = std::move(parts.back());
  if (parts.size() > 1) name.schema = std::move(parts[parts.size() - 2]);
  if (parts.size() > 2) name.catalog = std::move(parts[0]);
  return name;
}

std::string TableName::ToSql() const {
  std::string sql;
  for (const std::string* part : {&catalog, &schema}) {
    if (!part->empty()) sql += QuoteIdentifier(*part) + ".";
  }
  return sql + QuoteIdentifier(name);
}

std::string TableName::ToString() const {
  std::string text;
  for (const std::string* part : {&catalog, &schema, &name}) {
    if (part->empty()) continue;
    if (!text.empty()) text += '.';
    text += IsPlain(*part) ? *part : QuoteIdentifier(*part);
  }
  return text;
}

std::string TableName::Key() const { return ToLower(ToSql()); }

bool IsSameName(std::string_view a, std::string_view b) { return EqualsIgnoringCase(a, b); }

}  // namespace arrowport::engine
