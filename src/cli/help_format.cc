#include "cli/help_format.h"

#include <algorithm>
#include <cstddef>
#include <sstream>
#include <string>
#include <utility>

namespace arrowport::cli {
namespace {

constexpr int kColumnsMax = 100;
constexpr int kColumnsMin = 60;
constexpr int kNameWidth = 30;

}  // namespace

HelpFormat::HelpFormat(int columns) : columns_(std::clamp(columns, kColumnsMin, kColumnsMax)) {}

std::string HelpFormat::make_option(const CLI::Option* option, bool is_positional) const {
  return Entry(make_option_name(option, is_positional) + make_option_opts(option),
               make_option_desc(option));
}

// The kind of value alone; defaults and requirements are told in words.
std::string HelpFormat::make_option_opts(const CLI::Option* option) const {
  const std::string type = option->get_type_name();
  const bool takes_value = option->get_type_size() != 0 && !option->get_positional();
  return takes_value && !type.empty() ? " " + type : "";
}

std::string HelpFormat::make_subcommand(const CLI::App* command) const {
  return Entry(command->get_name(), command->get_description());
}

std::string HelpFormat::make_usage(const CLI::App* app, std::string name) const {
  std::string usage = CLI::Formatter::make_usage(app, std::move(name));
  // The program's own name is all that CLI11 knows of a command's parent at this point.
  if (app->get_parent() != nullptr && usage.find("arrowport") == std::string::npos) {
    usage.insert(usage.find(": ") + 2, "arrowport ");
  }
  return usage;
}

std::string HelpFormat::Entry(const std::string& name, const std::string& description) const {
  std::string entry = "  " + name;
  // A name that is too long has a line of its own.
  if (entry.size() + 2 > kNameWidth) entry += "\n" + std::string(kNameWidth, ' ');
  const size_t line_begin = entry.rfind('\n') + 1;
  entry.append(kNameWidth - std::min<size_t>(kNameWidth, entry.size() - line_begin), ' ');
  return entry + Wrapped(description, columns_ - kNameWidth, kNameWidth) + "\n";
}

std::string Wrapped(const std::string& text, int width, int indent) {
  std::istringstream words(text);
  std::string wrapped;
  std::string word;
  int used = 0;
  while (words >> word) {
    const int length = static_cast<int>(word.size());
    if (used > 0 && used + 1 + length > width) {
      wrapped += "\n" + std::string(static_cast<size_t>(indent), ' ');
      used = 0;
    }
    if (used > 0) {
      wrapped += ' ';
      ++used;
    }
    wrapped += word;
    used += length;
  }
  return wrapped;
}

}  // namespace arrowport::cli
