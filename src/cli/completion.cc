#include "cli/completion.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace arrowport::cli {
namespace {

std::string_view LastWord(std::string_view line) {
  const size_t before = line.find_last_of(" \t\n(),;=<>");
  return before == std::string_view::npos ? line : line.substr(before + 1);
}

std::string CommonStart(const std::vector<std::string>& names) {
  std::string start = names.front();
  for (const std::string& name : names) {
    const auto differ = std::ranges::mismatch(start, name);
    start.erase(differ.in1, start.end());
  }
  return start;
}

}  // namespace

Completion Complete(std::string_view line, const std::vector<std::string>& names) {
  const std::string_view word = LastWord(line);
  Completion completion;
  for (const std::string& name : names) {
    if (name.starts_with(word)) completion.choices.push_back(name);
  }
  if (completion.choices.empty()) return completion;
  completion.insert = CommonStart(completion.choices).substr(word.size());
  if (completion.choices.size() == 1) completion.insert += ' ';
  if (!completion.insert.empty()) completion.choices.clear();
  return completion;
}

}  // namespace arrowport::cli
