#include <chrono>
#include <condition_variable>
#include <iostream>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/figures.h"
#include "cli/interruptible.h"
#include "cli/server_url.h"
#include "cli/terminal.h"
#include "cli/text_table.h"
#include "cli/text_width.h"
#include "client/client.h"

namespace arrowport::cli {
namespace {

constexpr const char* kExamples =
    "Examples:\n"
    "  arrowport streams\n"
    "  arrowport streams --watch                        again every second, until Ctrl-C\n"
    "  arrowport streams --url http://10.0.0.7:8888";

constexpr std::chrono::seconds kWatchStep(1);

struct StreamsOptions {
  std::string url = kDefaultUrl;
  bool watch = false;
};

std::string TableOf(const std::vector<client::StreamSummary>& streams, const Terminal& terminal) {
  if (streams.empty()) return "no stream has sent rows since the server started\n";
  TextTable table = {.columns = {{"stream", "", Align::kLeft, true},
                                 {"table", "", Align::kLeft, true},
                                 {"rule", "", Align::kLeft, true},
                                 {"puts", "", Align::kRight},
                                 {"rows", "", Align::kRight},
                                 {"bytes", "", Align::kRight},
                                 {"pending", "", Align::kRight},
                                 {"lag", "", Align::kRight},
                                 {"failed", "", Align::kRight},
                                 {"last error", "", Align::kLeft, true}},
                     .rows = {},
                     .gap_before = {}};
  for (const client::StreamSummary& stream : streams) {
    table.rows.push_back(
        {OneLine(stream.name), OneLine(stream.table), OneLine(stream.rule), Count(stream.puts),
         Count(stream.rows), Bytes(static_cast<double>(stream.bytes)), Count(stream.puts_pending),
         Count(stream.lag_ms) + " ms", Count(stream.puts_failed), OneLine(stream.last_error)});
  }
  return Render(table, terminal).text;
}

Status Show(client::Client& client, const Terminal& terminal) {
  ARROW_ASSIGN_OR_RAISE(const auto streams, client.ListStreams());
  std::cout << TableOf(streams, terminal) << std::flush;
  return Status::OK();
}

// Until `stop`: in place where a person looks at it, one below the other elsewhere.
Status Watch(client::Client& client, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any stopped;
  for (;;) {
    const Terminal terminal = StandardOutput();
    if (terminal.interactive) std::cout << "\x1b[H\x1b[2J";
    ARROW_RETURN_NOT_OK(Show(client, terminal));
    std::unique_lock lock(mutex);
    stopped.wait_for(lock, stop, kWatchStep, [] { return false; });
    if (stop.stop_requested()) return Status::OK();
  }
}

Status Streams(const StreamsOptions& options) {
  const auto run = [&options](const std::stop_token& stop) -> Status {
    ARROW_ASSIGN_OR_RAISE(const auto client, client::Client::Connect(options.url, {}));
    return options.watch ? Watch(*client, stop) : Show(*client, StandardOutput());
  };
  return options.watch ? RunInterruptible(run) : run({});
}

}  // namespace

void AddStreams(CLI::App& app, Action* action) {
  CLI::App* command =
      app.add_subcommand("streams", "List the streams that a server has seen since it started.");
  command->footer(kExamples);
  auto options = std::make_shared<StreamsOptions>();
  AddUrl(*command, &options->url);
  command->add_flag("--watch", options->watch, "Show them again every second.");
  command->callback([options, action] { *action = [options] { return Streams(*options); }; });
}

}  // namespace arrowport::cli
