#include "cli/shell_command.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace arrowport::cli {
namespace {

using Verb = ShellCommand::Verb;
enum class Takes { kNothing, kMaybe };

struct Row {
  Verb verb;
  std::string_view name;
  Takes takes;
  std::string_view argument;
  std::string_view help;  ///< Empty: the same as the row before.
};

constexpr std::array kCommands = {
    Row{Verb::kDescribe, "\\d", Takes::kMaybe, "[NAME]",
        "tables and views with their rows, or the columns of one"},
    Row{Verb::kTables, "\\t", Takes::kNothing, "", "the names of tables and views only"},
    Row{Verb::kOutput, "\\o", Takes::kMaybe, "[FILE]",
        "write the next result to a file; without FILE, show it"},
    Row{Verb::kTiming, "\\timing", Takes::kMaybe, "[on|off]", "say how long statements take"},
    Row{Verb::kPager, "\\pager", Takes::kMaybe, "[on|off]",
        "show what does not fit the screen in $PAGER"},
    Row{Verb::kHelp, "\\?", Takes::kNothing, "", "this; also \\h"},
    Row{Verb::kHelp, "\\h", Takes::kNothing, "", ""},
    Row{Verb::kQuit, "\\q", Takes::kNothing, "", "leave; also Ctrl-D"},
};

std::string_view Trimmed(std::string_view text) {
  const auto is_blank = [](char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

bool IsFarewell(std::string_view line) { return line == "quit" || line == "exit"; }

}  // namespace

bool IsShellCommand(std::string_view line) {
  const std::string_view text = Trimmed(line);
  return text.starts_with('\\') || IsFarewell(text);
}

Result<ShellCommand> ParseShellCommand(std::string_view line) {
  const std::string_view text = Trimmed(line);
  if (IsFarewell(text)) return ShellCommand{.verb = Verb::kQuit};
  const std::string_view name = text.substr(0, text.find_first_of(" \t\n"));
  std::string_view argument = Trimmed(text.substr(name.size()));
  // People end everything with one.
  if (argument.ends_with(';')) argument = Trimmed(argument.substr(0, argument.size() - 1));
  const auto* row = std::ranges::find(kCommands, name, &Row::name);
  if (row == kCommands.end()) {
    return MakeError(ErrorKind::kInvalidInput,
                     "there is no command '" + std::string(name) + "'; \\? tells which there are");
  }
  if (row->takes == Takes::kNothing && !argument.empty()) {
    return MakeError(
        ErrorKind::kInvalidInput,
        std::string(name) + " takes nothing behind it, not '" + std::string(argument) + "'");
  }
  return ShellCommand{.verb = row->verb, .argument = std::string(argument)};
}

Result<bool> SwitchOf(const std::string& argument, bool now) {
  if (argument.empty()) return !now;
  if (argument == "on" || argument == "off") return argument == "on";
  return MakeError(ErrorKind::kInvalidInput, "write on or off, not '" + argument + "'");
}

std::vector<std::string> ShellCommandNames() {
  std::vector<std::string> names;
  names.reserve(kCommands.size());
  for (const Row& row : kCommands) names.emplace_back(row.name);
  return names;
}

std::string ShellHelp() {
  constexpr size_t kNameWidth = 20;
  std::string text = "Statements end with ; and may take several lines. Ctrl-C cancels.\n";
  for (const Row& row : kCommands) {
    if (row.help.empty()) continue;
    std::string name = std::string(row.name) + " " + std::string(row.argument);
    name.resize(kNameWidth, ' ');
    text += "  " + name + std::string(row.help) + "\n";
  }
  return text;
}

}  // namespace arrowport::cli
