#include "cli/command_line.h"

#include <exception>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>
#include <arrow/config.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/help_format.h"
#include "cli/terminal.h"
#include "cli/text_width.h"
#include "engine/database.h"
#include "server/near_miss.h"
#include "server/version.h"

namespace arrowport::cli {
namespace {

constexpr const char* kExamples =
    "Examples:\n"
    "  arrowport demo                                   see what it does, on real data\n"
    "  arrowport serve --db lake.duckdb                 HTTP on 8888, Flight on 8889\n"
    "  arrowport ingest flights.parquet --stream flights\n"
    "  arrowport query \"SELECT count(*) FROM flights\"\n"
    "  arrowport get flights -o flights.parquet\n"
    "  arrowport transfer --from grpc://a:8889 --to grpc://b:8889 --table flights\n"
    "\n"
    "`arrowport COMMAND --help` tells more about each.";

std::string VersionText() {
  return "arrowport " + std::string(server::Version()) + " (DuckDB " + engine::DuckDbVersion() +
         ", Arrow " + arrow::GetBuildInfo().version_string + ")";
}

// The command that was given, or the program itself.
const CLI::App& Given(const CLI::App& app) {
  const std::vector<CLI::App*> commands = app.get_subcommands();
  return commands.empty() ? app : *commands.front();
}

// What the first word that nothing expected was probably meant to be.
std::string Meant(const CLI::App& app, const std::string& word) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  if (app.get_parent() == nullptr) {
    for (const CLI::App* command : app.get_subcommands(nullptr))
      names.push_back(command->get_name());
  }
  const std::vector<std::string_view> known(names.begin(), names.end());
  const std::optional<std::string_view> meant =
      server::NearMiss(word.substr(0, word.find('=')), known);
  return meant.has_value() ? "; did you mean " + std::string(*meant) + "?" : "";
}

Status UsageError(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App& given = Given(app);
  const std::string command =
      given.get_parent() == nullptr ? "arrowport" : "arrowport " + given.get_name();
  std::string message = error.what();
  std::vector<std::string> unexpected = given.remaining();
  if (unexpected.empty()) unexpected = app.remaining();
  if (!unexpected.empty()) {
    const bool is_command = &given == &app && unexpected.front().front() != '-';
    message = std::string(is_command ? "there is no command '" : "nothing here takes '") +
              unexpected.front() + "'" + Meant(given, unexpected.front());
  }
  return MakeError(ErrorKind::kInvalidInput,
                   message + " (" + command + " --help tells what there is)");
}

Status ParseAndRun(CLI::App& app, const Action& action, int argc, char** argv) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForVersion&) {
    std::cout << VersionText() << '\n';
    return Status::OK();
  } catch (const CLI::Success& asked_for_help) {
    app.exit(asked_for_help);
    return Status::OK();
  } catch (const CLI::ParseError& error) {
    return UsageError(app, error);
  }
  if (action) return action();
  std::cout << app.help();
  return Status::OK();
}

int Report(const Status& status) {
  if (status.ok()) return 0;
  const Terminal terminal = StandardError();
  std::cerr << Painted(terminal, Paint::kRed, "arrowport:") << ' ' << OneLine(status.message())
            << '\n';
  return TraitsOf(KindOf(status)).exit_code;
}

}  // namespace

int Run(int argc, char** argv) {
  try {
    Action action;
    CLI::App app("Arrow in, Arrow out: lands Arrow streams in DuckDB and serves them back.",
                 "arrowport");
    app.formatter(std::make_shared<HelpFormat>(StandardOutput().columns));
    app.set_version_flag("--version", VersionText(), "Versions of arrowport, DuckDB and Arrow.");
    app.set_help_flag("-h,--help", "This text.");
    app.require_subcommand(0, 1);
    app.footer(kExamples);
    for (const auto add : {AddServe, AddIngest, AddQuery, AddGet, AddTransfer, AddStreams,
                           AddGenerate, AddDemo, AddBench, AddHelpConfig}) {
      add(app, &action);
    }
    return Report(ParseAndRun(app, action, argc, argv));
  } catch (const std::exception& error) {
    return Report(MakeError(ErrorKind::kInternal, error.what()));
  }
}

}  // namespace arrowport::cli
