#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace arrowport::server {

/// The file of this program itself; empty when the system does not tell.
std::string ProgramPath();

/// A file that came with the program, by its name below the shared folder
/// ("nycflights13/flights.csv.gz"). Looked for in `$ARROWPORT_SHARE`, in `../share/arrowport` of an
/// installed program, and in the prefix of a source checkout. Nothing when it is in none of them.
std::optional<std::string> FindShared(std::string_view name);

/// The folder with the DuckDB extensions that came with the program, in the same order
/// (`$ARROWPORT_EXTENSIONS`, `../lib/duckdb-extensions`, the checkout's). Nothing when there is
/// none.
std::optional<std::string> FindExtensions();

}  // namespace arrowport::server
