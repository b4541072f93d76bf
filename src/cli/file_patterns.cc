#include "cli/file_patterns.h"

#include <filesystem>
#include <set>
#include <string>
#include <system_error>
#include <vector>

#include <glob.h>

#include "base/error.h"

namespace arrowport::cli {
namespace {

bool IsPattern(const std::string& word) {
  std::error_code error;
  return word.find_first_of("*?[") != std::string::npos && !std::filesystem::exists(word, error);
}

Result<std::vector<std::string>> Match(const std::string& pattern) {
  glob_t found = {};
  const int failure = glob(pattern.c_str(), GLOB_ERR, nullptr, &found);
  std::vector<std::string> paths;
  if (failure == 0) paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  globfree(&found);
  if (failure == GLOB_NOMATCH) {
    return MakeError(ErrorKind::kNotFound, "there is no file '" + pattern + "'");
  }
  if (failure != 0) {
    return MakeError(ErrorKind::kInvalidInput,
                     "'" + pattern + "' names a directory that cannot be read");
  }
  return paths;
}

}  // namespace

Result<std::vector<std::string>> ExpandPatterns(const std::vector<std::string>& words) {
  std::vector<std::string> paths;
  std::set<std::string> seen;
  for (const std::string& word : words) {
    std::vector<std::string> matches = {word};
    if (IsPattern(word)) {
      ARROW_ASSIGN_OR_RAISE(matches, Match(word));
    }
    for (const std::string& path : matches) {
      if (seen.insert(path).second) paths.push_back(path);
    }
  }
  return paths;
}

}  // namespace arrowport::cli
