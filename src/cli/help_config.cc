#include <iostream>

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "cli/commands.h"
#include "server/options_reference.h"

namespace arrowport::cli {

void AddHelpConfig(CLI::App& app, Action* action) {
  CLI::App* command = app.add_subcommand("help-config", "All options of a server, as Markdown.");
  // For the project's own page and its check; people read `serve --help`.
  command->group("");
  command->callback([action] {
    *action = [] {
      std::cout << server::OptionsReference();
      return Status::OK();
    };
  });
}

}  // namespace arrowport::cli
