#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "client/client.h"
#include "engine/table.h"

namespace arrowport::cli {

// What the command line asks a server about its tables, over whichever door.

/// The table that `text` names, when it is one name: `flights`, `main.flights`, `"my table"`. SQL
/// is none, nor is text of several words without quotes.
std::optional<engine::TableName> TableNamed(std::string_view text);

/// How many rows the table has; nothing for views and what is not there.
Result<std::optional<int64_t>> RowsOf(client::Client& client, const engine::TableName& table);

struct ListedTable {
  std::string name;  ///< As it is written in SQL.
  std::string kind;  ///< "table" or "view"
  std::string rows;  ///< Empty for views.
};

Result<std::vector<ListedTable>> ListTables(client::Client& client, const std::stop_token& stop);

struct ListedColumn {
  std::string name;
  std::string type;  ///< As SQL calls it.
  std::string null;  ///< "not null", or empty.
};

/// \return kNotFound when there is no such table or view.
Result<std::vector<ListedColumn>> ListColumns(client::Client& client,
                                              const engine::TableName& table,
                                              const std::stop_token& stop);

}  // namespace arrowport::cli
