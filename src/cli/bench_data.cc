#include "cli/bench_data.h"

#include <cstdint>
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

// Opens the file `path`, runs `sql` and closes it again.
Status RunSql(const std::string& path, const std::string& sql) {
  engine::DatabaseOptions options;
  options.path = path;
  options.extension_directory = server::FindExtensions().value_or("");
  ARROW_ASSIGN_OR_RAISE(const auto database, engine::Database::Open(options));
  {
    ARROW_ASSIGN_OR_RAISE(const auto rows,
                          database->Query({.sql = sql, .parameters = {}}, {}, CallControl{}));
    for (;;) {
      ARROW_ASSIGN_OR_RAISE(const auto batch, rows->Next());
      if (batch == nullptr) break;
    }
  }
  return database->Close();
}

// The generator makes all of TPC-H's tables; only one is kept, in a file without holes.
Status MakeLineitem(const std::string& path, const std::string& folder, double scale) {
  return RunSql(folder + "/tpch.duckdb",
                "LOAD tpch; CALL dbgen(sf = " + Plain(scale) + "); ATTACH " + SqlText(path) +
                    " AS kept; CREATE TABLE kept.lineitem AS FROM lineitem; DETACH kept");
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

Result<std::string> CopyOfDatabase(const std::string& database, const std::string& folder,
                                   const std::string& name) {
  std::error_code error;
  std::string copy = folder + "/" + name + ".duckdb";
  std::filesystem::copy_file(database, copy, error);
  if (error) return MakeError(ErrorKind::kNotFound, "'" + database + "': " + error.message());
  return copy;
}

Status AddRowTables(const std::string& database, int64_t rows) {
  const std::string numbers = " FROM range(" + std::to_string(rows) + ") AS numbers(i)";
  // Six digests of 32 characters and a number of 8: text that does not shrink much.
  std::string text = "printf('%08d', i)";
  for (const char* salt : {"a", "b", "c", "d", "e", "f"}) {
    text += std::string(" || md5(i || '") + salt + "')";
  }
  const std::string sql =
      "CREATE OR REPLACE TABLE points (id BIGINT PRIMARY KEY, number BIGINT, share DOUBLE, "
      "name VARCHAR, even BOOLEAN, moment TIMESTAMP); "
      "INSERT INTO points SELECT i, i * 7919 % 1000003, i / 3, 'row ' || i, i % 2 = 0, "
      "TIMESTAMP '2024-01-01' + to_seconds(i)" +
      numbers + "; CREATE OR REPLACE TABLE wide AS SELECT i AS id, " + text + " AS text" + numbers;
  return WithContext("making points and wide", RunSql(database, sql));
}

}  // namespace arrowport::cli
