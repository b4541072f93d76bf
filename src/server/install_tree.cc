#include "server/install_tree.h"

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace arrowport::server {
namespace {

// `below_prefix` in the prefix that the program was installed to, then in a checkout's: there the
// program lies in build/PRESET and what it needs in .deps.
std::optional<std::string> FindInPrefixes(const char* override_name,
                                          const std::filesystem::path& below_prefix,
                                          std::string_view name) {
  const std::filesystem::path folder = std::filesystem::path(ProgramPath()).parent_path();
  std::vector<std::filesystem::path> places;
  if (const char* given = std::getenv(override_name); given != nullptr) places.emplace_back(given);
  places.push_back(folder / ".." / below_prefix);
  places.push_back(folder / ".." / ".." / ".deps" / below_prefix);
  for (const std::filesystem::path& place : places) {
    std::error_code ignored;
    const std::filesystem::path found = place / name;
    if (std::filesystem::exists(found, ignored)) {
      return std::filesystem::weakly_canonical(found, ignored).string();
    }
  }
  return std::nullopt;
}

}  // namespace

std::string ProgramPath() {
  std::error_code error;
  const std::filesystem::path path = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? std::string() : path.string();
}

std::optional<std::string> FindShared(std::string_view name) {
  return FindInPrefixes("ARROWPORT_SHARE", "share/arrowport", name);
}

std::optional<std::string> FindExtensions() {
  return FindInPrefixes("ARROWPORT_EXTENSIONS", "lib/duckdb-extensions", "");
}

}  // namespace arrowport::server
