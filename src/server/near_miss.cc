#include "server/near_miss.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace arrowport::server {
namespace {

// Edits that turn one word into the other; two neighbours swapped are one edit.
size_t Distance(std::string_view left, std::string_view right) {
  std::vector<std::vector<size_t>> edits(left.size() + 1, std::vector<size_t>(right.size() + 1));
  for (size_t i = 0; i <= left.size(); ++i) edits[i][0] = i;
  for (size_t j = 0; j <= right.size(); ++j) edits[0][j] = j;
  for (size_t i = 1; i <= left.size(); ++i) {
    for (size_t j = 1; j <= right.size(); ++j) {
      const size_t change = left[i - 1] == right[j - 1] ? 0 : 1;
      edits[i][j] =
          std::min({edits[i - 1][j] + 1, edits[i][j - 1] + 1, edits[i - 1][j - 1] + change});
      const bool swapped =
          i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1];
      if (swapped) edits[i][j] = std::min(edits[i][j], edits[i - 2][j - 2] + 1);
    }
  }
  return edits[left.size()][right.size()];
}

}  // namespace

std::optional<std::string_view> NearMiss(std::string_view word,
                                         const std::vector<std::string_view>& known) {
  constexpr size_t kShortWord = 5;
  // Longer words are no typo of an option, and the table of edits grows with their length.
  constexpr size_t kLongWord = 100;
  if (word.size() > kLongWord) return std::nullopt;
  size_t nearest = word.size() < kShortWord ? 2 : 3;
  std::optional<std::string_view> found;
  for (const std::string_view candidate : known) {
    const size_t distance = Distance(word, candidate);
    if (distance >= nearest) continue;
    nearest = distance;
    found = candidate;
  }
  return found;
}

}  // namespace arrowport::server
