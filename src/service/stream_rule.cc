#include "service/stream_rule.h"

#include <cstddef>
#include <string>
#include <string_view>

#include "base/error.h"
#include "engine/table.h"

namespace arrowport::service {
namespace {

constexpr std::string_view kStreamPlace = "{stream}";

std::string WithStream(std::string part, std::string_view stream) {
  size_t at = 0;
  while ((at = part.find(kStreamPlace, at)) != std::string::npos) {
    part.replace(at, kStreamPlace.size(), stream);
    at += stream.size();
  }
  return part;
}

}  // namespace

bool StreamRule::Matches(std::string_view name) const {
  size_t p = 0;
  size_t n = 0;
  // Where the last `*` is, and how much of the name it stands for.
  size_t star = std::string::npos;
  size_t covered = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      covered = n;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
      ++p;
      ++n;
    } else if (star != std::string::npos) {
      p = star + 1;
      n = ++covered;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string::npos;
}

Result<engine::TableName> StreamRule::TableOf(std::string_view stream) const {
  if (target_table.empty()) return engine::TableName::Parse(stream);
  ARROW_ASSIGN_OR_RAISE(auto table, engine::TableName::Parse(target_table));
  for (std::string* part : {&table.catalog, &table.schema, &table.name}) {
    *part = WithStream(*part, stream);
  }
  if (stream.find('\0') != std::string_view::npos) {
    return MakeError(ErrorKind::kInvalidInput, "the stream's name holds a NUL byte");
  }
  return table;
}

}  // namespace arrowport::service
