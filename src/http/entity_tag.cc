#include "http/entity_tag.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace arrowport::http {
namespace {

struct Tag {
  bool weak = false;
  std::string_view text;
};

// Takes the next tag off the front of `list`; nothing at its end, or where it is no list of tags.
std::optional<Tag> TakeTag(std::string_view* list) {
  list->remove_prefix(std::min(list->find_first_not_of(" \t,"), list->size()));
  Tag tag;
  tag.weak = list->starts_with("W/");
  if (tag.weak) list->remove_prefix(2);
  if (!list->starts_with('"')) return std::nullopt;
  const size_t end = list->find('"', 1);
  if (end == std::string_view::npos) return std::nullopt;
  tag.text = list->substr(1, end - 1);
  list->remove_prefix(end + 1);
  return tag;
}

}  // namespace

std::string QuotedTag(std::string_view tag) { return '"' + std::string(tag) + '"'; }

bool HasTag(std::string_view list, std::string_view tag) {
  if (list == "*") return true;
  while (const auto given = TakeTag(&list)) {
    if (!given->weak && given->text == tag) return true;
  }
  return false;
}

std::optional<std::string> TagOfVersion(std::string_view list, std::string_view version) {
  const std::string beginning = std::string(version) + "-";
  while (const auto given = TakeTag(&list)) {
    if (given->text.starts_with(beginning)) return std::string(given->text);
  }
  return std::nullopt;
}

}  // namespace arrowport::http
