#include "cli/option_flags.h"

#include <memory>
#include <string>
#include <string_view>

#include <CLI/CLI.hpp>

#include "server/options.h"

namespace arrowport::cli {
namespace {

std::string GroupOf(const server::OptionRow& row) {
  if (row.name.starts_with("http.")) return "HTTP limits";
  if (row.name.starts_with("flight.")) return "Flight limits";
  return "Options";
}

std::string NamesOf(const server::OptionRow& row) {
  std::string names = row.Flag();
  for (const std::string_view other : row.other_flags) names += "," + std::string(other);
  return names;
}

std::string Described(const server::OptionRow& row) {
  std::string text(row.help);
  if (!row.default_text.empty()) text += " [" + std::string(row.default_text) + "]";
  return text;
}

}  // namespace

std::shared_ptr<OptionFlags> OptionFlags::AddTo(CLI::App& command) {
  auto flags = std::make_shared<OptionFlags>();
  flags->command_ = &command;
  for (const server::OptionRow& row : server::OptionTable()) {
    CLI::Option* flag = command.add_option(NamesOf(row), flags->texts_[row.name], Described(row))
                            ->type_name(std::string(row.value_name))
                            ->group(GroupOf(row));
    if (row.is_list) flag->join('\n');
  }
  return flags;
}

server::GivenOptions OptionFlags::Given() const {
  server::GivenOptions given;
  for (const server::OptionRow& row : server::OptionTable()) {
    if (command_->count(row.Flag()) == 0) continue;
    given.texts[row.name] = {.text = texts_.at(row.name), .place = row.Flag()};
  }
  return given;
}

}  // namespace arrowport::cli
