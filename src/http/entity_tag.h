#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace arrowport::http {

/// `tag` as the field `ETag` has it: strong, so in quotes and nothing else.
std::string QuotedTag(std::string_view tag);

/// Whether `list` (the field `If-Match` or `If-Range`) has the strong tag `tag`, or is `*`.
bool HasTag(std::string_view list, std::string_view tag);

/// The first tag of `list` (the field `If-None-Match`), strong or weak, that begins with `version`
/// and a hyphen. Any file of a version has the same rows, which is all that this field asks.
std::optional<std::string> TagOfVersion(std::string_view list, std::string_view version);

}  // namespace arrowport::http
