#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "engine/table.h"

namespace arrowport::engine {

/// Which rows and columns of a table are read, as people write it. What is not set leaves nothing
/// out.
struct TableRead {
  std::optional<std::string> columns = {};   ///< Names with commas between; `"…"` around any other.
  std::optional<std::string> where = {};     ///< One SQL expression.
  std::optional<std::string> order_by = {};  ///< As behind ORDER BY.
  std::optional<int64_t> limit = {};
  std::optional<int64_t> offset = {};
};

/// The statement that reads `table`, which has `columns`.
///
/// Each text is parsed by itself and must be the one thing that it stands for. The statement is
/// written from what was parsed, so no text gets out of its place.
/// \return kInvalidInput that names the part of `read`; for an unknown column it lists `columns`.
Result<std::string> ComposeRead(const TableName& table, const std::vector<std::string>& columns,
                                const TableRead& read);

}  // namespace arrowport::engine
