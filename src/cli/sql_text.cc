#include "cli/sql_text.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace arrowport::cli {
namespace {

constexpr size_t kOpen = std::string_view::npos;

bool IsBlank(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }

bool IsWordLetter(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return std::isalnum(byte) != 0 || c == '_' || byte >= 0x80;
}

bool StandsAt(std::string_view text, size_t at, std::string_view what) {
  return text.substr(at).starts_with(what);
}

// Each of these gives the place behind what begins at `at`, or kOpen where it has no end yet.

size_t SkipLineComment(std::string_view text, size_t at) {
  return std::min(text.find('\n', at), text.size());
}

size_t SkipBlockComment(std::string_view text, size_t at) {
  int depth = 0;
  while (at < text.size()) {
    if (StandsAt(text, at, "/*")) {
      ++depth;
      at += 2;
    } else if (StandsAt(text, at, "*/")) {
      at += 2;
      if (--depth == 0) return at;
    } else {
      ++at;
    }
  }
  return kOpen;
}

// A doubled quote looks like the end of one text and the start of the next, which cuts the same.
size_t SkipQuoted(std::string_view text, size_t at) {
  const size_t end = text.find(text[at], at + 1);
  return end == kOpen ? kOpen : end + 1;
}

// E'…', where a backslash takes the quote behind it into the text.
size_t SkipEscaped(std::string_view text, size_t at) {
  for (size_t i = at + 2; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '\'') {
      return i + 1;
    }
  }
  return kOpen;
}

// "$$" or "$tag$" at `at`; empty where there is none, as in $1.
std::string_view DollarTag(std::string_view text, size_t at) {
  size_t end = at + 1;
  while (end < text.size() && IsWordLetter(text[end])) ++end;
  const bool is_tag = end < text.size() && text[end] == '$' &&
                      std::isdigit(static_cast<unsigned char>(text[at + 1])) == 0;
  return is_tag ? text.substr(at, end + 1 - at) : std::string_view();
}

// The place behind whatever begins at `at`: a text, a comment, a word, or one letter.
size_t SkipPiece(std::string_view text, size_t at) {
  if (StandsAt(text, at, "--")) return SkipLineComment(text, at);
  if (StandsAt(text, at, "/*")) return SkipBlockComment(text, at);
  if (StandsAt(text, at, "e'") || StandsAt(text, at, "E'")) return SkipEscaped(text, at);
  if (text[at] == '\'' || text[at] == '"') return SkipQuoted(text, at);
  if (text[at] == '$') {
    const std::string_view tag = DollarTag(text, at);
    if (tag.empty()) return at + 1;
    const size_t end = text.find(tag, at + tag.size());
    return end == kOpen ? kOpen : end + tag.size();
  }
  // A dollar or an E within a word begins nothing.
  size_t end = at + 1;
  while (IsWordLetter(text[at]) && end < text.size() &&
         (IsWordLetter(text[end]) || text[end] == '$')) {
    ++end;
  }
  return end;
}

bool IsComment(std::string_view text, size_t at) {
  return StandsAt(text, at, "--") || StandsAt(text, at, "/*");
}

std::string Trimmed(std::string_view text) {
  while (!text.empty() && IsBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsBlank(text.back())) text.remove_suffix(1);
  return std::string(text);
}

// The first words of a statement, in capitals.
std::vector<std::string> FirstWords(std::string_view text, size_t count) {
  std::vector<std::string> words;
  size_t at = 0;
  while (at < text.size() && words.size() < count) {
    const size_t end = std::min(SkipPiece(text, at), text.size());
    if (IsWordLetter(text[at])) {
      std::string word(text.substr(at, end - at));
      std::ranges::transform(word, word.begin(),
                             [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
      words.push_back(std::move(word));
    } else if (!IsBlank(text[at]) && !IsComment(text, at)) {
      break;
    }
    at = end;
  }
  return words;
}

}  // namespace

SqlStatements SplitSql(std::string_view text) {
  SqlStatements statements;
  size_t begin = 0;
  bool says_something = false;
  for (size_t at = 0; at < text.size();) {
    if (text[at] == ';') {
      if (says_something) statements.complete.push_back(Trimmed(text.substr(begin, at - begin)));
      begin = ++at;
      says_something = false;
      continue;
    }
    says_something = says_something || !(IsBlank(text[at]) || IsComment(text, at));
    const size_t end = SkipPiece(text, at);
    // A comment without its end goes on with the next line, as a text does.
    if (end == kOpen) says_something = true;
    at = std::min(end, text.size());
  }
  if (says_something) statements.rest = Trimmed(text.substr(begin));
  return statements;
}

bool NeedsSession(std::string_view statement) {
  constexpr std::array kVerbs = {"BEGIN", "START", "SET", "RESET", "USE", "PREPARE", "ATTACH"};
  const std::vector<std::string> words = FirstWords(statement, 4);
  if (words.empty()) return false;
  if (std::ranges::find(kVerbs, words.front()) != kVerbs.end()) return true;
  return words.front() == "CREATE" && std::ranges::any_of(words, [](const std::string& word) {
           return word == "TEMP" || word == "TEMPORARY";
         });
}

}  // namespace arrowport::cli
