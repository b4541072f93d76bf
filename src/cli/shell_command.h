#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace arrowport::cli {

/// What a line of the shell that is no SQL asks for.
struct ShellCommand {
  enum class Verb { kHelp, kQuit, kDescribe, kTables, kTiming, kPager, kOutput };
  Verb verb = Verb::kHelp;
  std::string argument = {};  ///< Empty where there is none.
};

/// Whether `line`, the first of an entry, is a command and not SQL: it begins with a backslash, or
/// is `quit` or `exit`.
bool IsShellCommand(std::string_view line);

/// \return kInvalidInput for a command that there is not, or an argument that it does not take.
Result<ShellCommand> ParseShellCommand(std::string_view line);

/// The switch that the argument of \timing or \pager says: on, off, or nothing for the other one.
Result<bool> SwitchOf(const std::string& argument, bool now);

/// The commands as they are typed: "\d", "\timing", …
std::vector<std::string> ShellCommandNames();

/// What \? says, whole lines.
std::string ShellHelp();

}  // namespace arrowport::cli
