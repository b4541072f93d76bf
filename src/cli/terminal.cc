#include "cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <string>
#include <string_view>
#include <system_error>

namespace arrowport::cli {
namespace {

std::string_view Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

// The first of these that is set decides, as in setlocale.
bool LocaleIsUtf8() {
  std::string_view locale;
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    locale = Variable(name);
    if (!locale.empty()) break;
  }
  std::string upper(locale);
  std::ranges::transform(upper, upper.begin(),
                         [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return upper.find("UTF-8") != std::string::npos || upper.find("UTF8") != std::string::npos;
}

int NumberIn(const char* variable, int otherwise) {
  const std::string_view given = Variable(variable);
  int number = 0;
  const auto [rest, error] = std::from_chars(given.data(), given.data() + given.size(), number);
  return error == std::errc() && number > 0 ? number : otherwise;
}

Terminal TerminalOf(int descriptor) {
  constexpr int kColumnsMin = 20;
  Terminal terminal;
  terminal.interactive = isatty(descriptor) == 1;
  terminal.colours =
      terminal.interactive && Variable("NO_COLOR").empty() && Variable("TERM") != "dumb";
  terminal.utf8 = LocaleIsUtf8();
  winsize size{};
  // A failure leaves both at 0, which is how terminals without a size tell theirs.
  (void)ioctl(descriptor, TIOCGWINSZ, &size);
  const int columns = size.ws_col > 0 ? size.ws_col : NumberIn("COLUMNS", terminal.columns);
  terminal.columns = std::max(columns, kColumnsMin);
  terminal.rows = size.ws_row > 0 ? size.ws_row : NumberIn("LINES", terminal.rows);
  return terminal;
}

std::string_view CodeOf(Paint paint) {
  switch (paint) {
    case Paint::kPlain:
      return "";
    case Paint::kBold:
      return "\033[1m";
    case Paint::kDim:
      return "\033[2m";
    case Paint::kGreen:
      return "\033[32m";
    case Paint::kYellow:
      return "\033[33m";
    case Paint::kRed:
      return "\033[31m";
    case Paint::kCyan:
      return "\033[36m";
  }
  return "";
}

}  // namespace

Terminal StandardOutput() { return TerminalOf(STDOUT_FILENO); }

Terminal StandardError() { return TerminalOf(STDERR_FILENO); }

bool StandardInputIsTyped() { return isatty(STDIN_FILENO) == 1; }

std::string Painted(const Terminal& terminal, Paint paint, std::string_view text) {
  if (!terminal.colours || paint == Paint::kPlain) return std::string(text);
  return std::string(CodeOf(paint)) + std::string(text) + "\033[0m";
}

}  // namespace arrowport::cli
