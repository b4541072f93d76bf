#include "engine/data_source.h"

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/ascii.h"

namespace arrowport::engine {
namespace {

using std::string_view;

constexpr string_view kWildcards = "*?[";
constexpr std::array<string_view, 2> kCompressions = {".gz", ".zst"};
constexpr std::array<std::pair<string_view, DataFormat>, 5> kEndings = {
    {{".parquet", DataFormat::kParquet},
     {".csv", DataFormat::kCsv},
     {".json", DataFormat::kJson},
     {".ndjson", DataFormat::kJson},
     {".jsonl", DataFormat::kJson}}};

bool EndsIn(string_view text, string_view ending) {
  return text.size() >= ending.size() &&
         EqualsIgnoringCase(text.substr(text.size() - ending.size()), ending);
}

// What follows a question mark is the query of an address, which tells nothing of the file.
string_view WithoutQuery(string_view path) {
  const bool has_query = path.starts_with("http://") || path.starts_with("https://");
  return has_query ? path.substr(0, path.find('?')) : path;
}

string_view LastPart(string_view path) {
  const size_t slash = path.find_last_of('/');
  return slash == string_view::npos ? path : path.substr(slash + 1);
}

// A name as its stem and format.
std::pair<string_view, std::optional<DataFormat>> Split(string_view name) {
  string_view plain = name;
  for (const string_view compression : kCompressions) {
    if (EndsIn(name, compression)) plain.remove_suffix(compression.size());
  }
  const bool is_compressed = plain.size() != name.size();
  for (const auto& [ending, format] : kEndings) {
    if (!EndsIn(plain, ending)) continue;
    // Parquet compresses its pages itself.
    if (is_compressed && format == DataFormat::kParquet) break;
    return {plain.substr(0, plain.size() - ending.size()), format};
  }
  return {name, std::nullopt};
}

}  // namespace

std::optional<DataFormat> DataFormatOf(string_view path) {
  return Split(LastPart(WithoutQuery(path))).second;
}

bool IsRemote(string_view pattern) { return pattern.find("://") != string_view::npos; }

bool HasWildcard(string_view pattern) {
  return pattern.find_first_of(kWildcards) != string_view::npos;
}

std::string FolderOf(string_view pattern) {
  const string_view plain = pattern.substr(0, pattern.find_first_of(kWildcards));
  const size_t slash = plain.find_last_of('/');
  if (slash == string_view::npos) return ".";
  return std::string(slash == 0 ? "/" : plain.substr(0, slash));
}

std::string LiteralPattern(string_view path) {
  std::string pattern;
  for (const char c : path) {
    if (kWildcards.find(c) == string_view::npos) {
      pattern.push_back(c);
    } else {
      pattern += {'[', c, ']'};
    }
  }
  return pattern;
}

std::string StemOf(string_view path) {
  return std::string(Split(LastPart(WithoutQuery(path))).first);
}

}  // namespace arrowport::engine
