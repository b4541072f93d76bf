#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/figures.h"
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
    "  arrowport streams --url http://10.0.0.7:8888";

Status Streams(const std::string& url) {
  ARROW_ASSIGN_OR_RAISE(const auto client, client::Client::Connect(url, {}));
  ARROW_ASSIGN_OR_RAISE(const std::vector<client::StreamSummary> streams, client->ListStreams());
  if (streams.empty()) {
    std::cout << "no stream has sent rows since the server started\n";
    return Status::OK();
  }
  TextTable table = {.columns = {{"stream", "", Align::kLeft, true},
                                 {"table", "", Align::kLeft, true},
                                 {"puts", "", Align::kRight},
                                 {"rows", "", Align::kRight},
                                 {"bytes", "", Align::kRight}},
                     .rows = {},
                     .gap_before = {}};
  for (const client::StreamSummary& stream : streams) {
    table.rows.push_back({OneLine(stream.name), OneLine(stream.table), Count(stream.puts),
                          Count(stream.rows), Bytes(static_cast<double>(stream.bytes))});
  }
  std::cout << Render(table, StandardOutput()).text;
  return Status::OK();
}

}  // namespace

void AddStreams(CLI::App& app, Action* action) {
  CLI::App* command =
      app.add_subcommand("streams", "List the streams that a server has seen since it started.");
  command->footer(kExamples);
  auto url = std::make_shared<std::string>(kDefaultUrl);
  AddUrl(*command, url.get());
  command->callback([url, action] { *action = [url] { return Streams(*url); }; });
}

}  // namespace arrowport::cli
