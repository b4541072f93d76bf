#include "server/load_options.h"

#include <string>
#include <utility>

#include "base/error.h"
#include "server/config_file.h"
#include "server/environment.h"
#include "server/options.h"

namespace arrowport::server {
namespace {

std::string ConfigPath(const OptionSources& sources) {
  for (const GivenOptions* given : {&sources.command_line, &sources.environment}) {
    const auto found = given->texts.find("config");
    if (found != given->texts.end()) return found->second.text;
  }
  return "";
}

}  // namespace

Result<LoadedOptions> LoadOptions(const GivenOptions& command_line,
                                  const Environment& environment) {
  OptionSources sources = {.command_line = command_line, .environment = {}, .file = {}};
  sources.environment = ReadEnvironment(environment);
  const std::string path = ConfigPath(sources);
  if (!path.empty()) {
    ARROW_ASSIGN_OR_RAISE(sources.file, ReadConfigFile(path));
  }
  LoadedOptions loaded;
  ARROW_ASSIGN_OR_RAISE(loaded.options, ResolveOptions(sources));
  RulesSource& rules = loaded.options.rules;
  if (rules.path.empty()) rules.path = path;
  rules.is_config = !path.empty() && rules.path == path;
  loaded.notes = std::move(sources.environment.notes);
  loaded.notes.insert(loaded.notes.end(), sources.file.notes.begin(), sources.file.notes.end());
  return loaded;
}

}  // namespace arrowport::server
