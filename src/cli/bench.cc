#include <CLI/CLI.hpp>

#include "cli/commands.h"

namespace arrowport::cli {

void AddBench(CLI::App& app, Action* action) {
  CLI::App* command = app.add_subcommand("bench", "Measure against DuckDB in process.");
  command->callback([action] {
    *action = [] { return MakeError(ErrorKind::kNotImplemented, "there is no bench yet"); };
  });
}

}  // namespace arrowport::cli
