#include "http/accept_list.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "base/ascii.h"

namespace arrowport::http {
namespace {

// Elements of one field beyond which the rest is not read.
constexpr size_t kElementsMax = 64;

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t";
  const size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

// Where `separator` stands outside of quotes, or the end.
size_t FindSeparator(std::string_view text, char separator) {
  bool is_quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == separator && !is_quoted) return i;
    if (text[i] == '"') is_quoted = !is_quoted;
    if (text[i] == '\\' && is_quoted) ++i;
  }
  return text.size();
}

// Cuts what is before `separator` off the front of `rest`.
std::string_view Cut(std::string_view* rest, char separator) {
  const size_t end = FindSeparator(*rest, separator);
  const std::string_view part = rest->substr(0, end);
  rest->remove_prefix(std::min(end + 1, rest->size()));
  return part;
}

std::string_view Unquoted(std::string_view text) {
  if (text.starts_with('"')) text.remove_prefix(1);
  if (text.ends_with('"')) text.remove_suffix(1);
  return text;
}

double QualityOf(std::string_view value) {
  double quality = 0;
  const auto read = std::from_chars(value.data(), value.data() + value.size(), quality);
  // What is no number is not wanted less than anything else, as RFC 9110 does not say.
  if (read.ec != std::errc() || !(quality >= 0 && quality <= 1)) return 1;
  return quality;
}

Accepted ParseElement(std::string_view element) {
  std::string_view parameters = element;
  Cut(&parameters, ';');
  Accepted accepted{.name = WithoutParameters(element), .codecs = {}};
  while (!parameters.empty()) {
    std::string_view value = Cut(&parameters, ';');
    const std::string name = ToLower(Trim(Cut(&value, '=')));
    if (name == "codecs") accepted.codecs = ToLower(Unquoted(Trim(value)));
    if (name == "q") accepted.quality = QualityOf(Trim(value));
  }
  return accepted;
}

}  // namespace

std::vector<Accepted> ParseAccepted(std::string_view field) {
  std::vector<Accepted> list;
  while (!field.empty() && list.size() < kElementsMax) {
    Accepted accepted = ParseElement(Cut(&field, ','));
    if (!accepted.name.empty()) list.push_back(std::move(accepted));
  }
  return list;
}

std::vector<std::string_view> SplitList(std::string_view list) {
  std::vector<std::string_view> elements;
  while (!list.empty() && elements.size() < kElementsMax) {
    const std::string_view element = Trim(Cut(&list, ','));
    if (!element.empty()) elements.push_back(element);
  }
  return elements;
}

std::string WithoutParameters(std::string_view element) {
  return ToLower(Trim(Cut(&element, ';')));
}

}  // namespace arrowport::http
