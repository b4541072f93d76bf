#include "cli/bench_data.h"

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <sstream>
#include <string>
#include <system_error>
#include <utility>

#include "base/call_control.h"
#include "base/error.h"
#include "cli/temporary_folder.h"
#include "engine/database.h"
#include "server/install_tree.h"

namespace arrowport::cli {
namespace {

std::string SqlText(const std::string& text) {
  std::string quoted = "'";
  for (const char letter : text) {
    quoted += letter;
    if (letter == '\'') quoted += letter;
  }
  return quoted + "'";
}

std::string Plain(double number) {
  std::ostringstream text;
  text << number;
  return text.str();
}

// The generator makes all of TPC-H's tables; only one is kept, in a file without holes.
Status MakeLineitem(const std::string& path, const std::string& folder, double scale) {
  engine::DatabaseOptions options;
  options.path = folder + "/tpch.duckdb";
  options.extension_directory = server::FindExtensions().value_or("");
  ARROW_ASSIGN_OR_RAISE(const auto database, engine::Database::Open(options));
  const std::string sql = "LOAD tpch; CALL dbgen(sf = " + Plain(scale) + "); ATTACH " +
                          SqlText(path) +
                          " AS kept; CREATE TABLE kept.lineitem AS FROM lineitem; DETACH kept";
  ARROW_ASSIGN_OR_RAISE(const auto rows,
                        database->Query({.sql = sql, .parameters = {}}, {}, CallControl{}));
  for (;;) {
    ARROW_ASSIGN_OR_RAISE(const auto batch, rows->Next());
    if (batch == nullptr) break;
  }
  return database->Close();
}

}  // namespace

std::string CacheFolder() {
  for (const auto& [name, below] :
       {std::pair{"XDG_CACHE_HOME", "arrowport"}, std::pair{"HOME", ".cache/arrowport"}}) {
    const char* base = std::getenv(name);
    if (base != nullptr && *base != '\0') return (std::filesystem::path(base) / below).string();
  }
  return SystemTemporaryFolder() + "/arrowport-cache";
}

Result<std::string> LineitemDatabase(const std::string& folder, double scale) {
  const std::string name =
      "lineitem-sf" + Plain(scale) + "-duckdb-" + engine::DuckDbVersion() + ".duckdb";
  std::string path = (std::filesystem::path(folder) / name).string();
  if (std::filesystem::exists(path)) return path;
  std::cerr << "making " << path << " (once)\n";
  ARROW_ASSIGN_OR_RAISE(const TemporaryFolder draft, TemporaryFolder::Make(folder, "making"));
  const std::string draft_path = draft.path() + "/" + name;
  ARROW_RETURN_NOT_OK(
      WithContext("making lineitem", MakeLineitem(draft_path, draft.path(), scale)));
  std::error_code error;
  std::filesystem::rename(draft_path, path, error);
  if (error) return MakeError(ErrorKind::kInternal, path + ": " + error.message());
  return path;
}

}  // namespace arrowport::cli
