#include "server/options.h"

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>

#include "base/error.h"

namespace arrowport::server {
namespace {

// The words of a name joined by `separator`: "http.idle_timeout" is "http-idle-timeout".
std::string Joined(std::string_view name, char separator) {
  std::string joined(name);
  std::ranges::replace(joined, '.', separator);
  std::ranges::replace(joined, '_', separator);
  return joined;
}

const GivenText* FindGiven(const OptionSources& sources, std::string_view name) {
  for (const GivenOptions* given : {&sources.command_line, &sources.environment, &sources.file}) {
    const auto found = given->texts.find(name);
    if (found != given->texts.end()) return &found->second;
  }
  return nullptr;
}

}  // namespace

std::string OptionRow::Flag() const { return "--" + Joined(name, '-'); }

std::string OptionRow::EnvironmentName() const {
  std::string upper = "ARROWPORT_" + Joined(name, '_');
  std::ranges::transform(upper, upper.begin(),
                         [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return upper;
}

const OptionRow* FindOption(std::string_view name) {
  for (const OptionRow& row : OptionTable()) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

Result<ServerOptions> ResolveOptions(const OptionSources& sources) {
  ServerOptions options;
  for (const OptionRow& row : OptionTable()) {
    const GivenText* given = FindGiven(sources, row.name);
    const Status set = given != nullptr ? WithContext(given->place, row.set(options, given->text))
                                        : WithContext("default of " + std::string(row.name),
                                                      row.set(options, row.default_text));
    ARROW_RETURN_NOT_OK(set);
  }
  return options;
}

ServerOptions DefaultOptions() { return ResolveOptions({}).ValueOrDie(); }

}  // namespace arrowport::server
