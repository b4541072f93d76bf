#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace arrowport::cli {

/// SQL as it is typed, cut at each `;` that ends a statement: one that stands in no string, quoted
/// name, dollar quote or comment.
struct SqlStatements {
  std::vector<std::string> complete;  ///< Without their `;`, and without those that say nothing.
  std::string rest;                   ///< What is still open; empty when that is only comments.
};

SqlStatements SplitSql(std::string_view text);

/// Whether a statement (or the start of one) does something that lasts for its session only, as SET
/// and BEGIN do. Without a session behind it, it has to be sent with the statements that it is for.
bool NeedsSession(std::string_view statement);

}  // namespace arrowport::cli
