#pragma once

#include <functional>

#include "base/error.h"

namespace CLI {
class App;
}

namespace arrowport::cli {

/// What the command line asks for, to be run once all of it is parsed.
using Action = std::function<Status()>;

// Each adds its command to `app`; when the command is given, `*action` becomes what it does.
void AddServe(CLI::App& app, Action* action);       ///< A server until it is told to stop.
void AddIngest(CLI::App& app, Action* action);      ///< Files into a stream.
void AddQuery(CLI::App& app, Action* action);       ///< SQL, shown or written to a file.
void AddGet(CLI::App& app, Action* action);         ///< A table or SQL into a file.
void AddTransfer(CLI::App& app, Action* action);    ///< Rows from one server into another.
void AddStreams(CLI::App& app, Action* action);     ///< What the server has seen.
void AddGenerate(CLI::App& app, Action* action);    ///< A file of made-up rows.
void AddDemo(CLI::App& app, Action* action);        ///< Real data in and out, with timings.
void AddBench(CLI::App& app, Action* action);       ///< Measurements beside DuckDB in process.
void AddHelpConfig(CLI::App& app, Action* action);  ///< docs/configuration.md.

}  // namespace arrowport::cli
