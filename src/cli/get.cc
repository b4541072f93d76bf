#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/interruptible.h"
#include "cli/query_output.h"
#include "cli/server_url.h"
#include "cli/table_query.h"
#include "cli/terminal.h"
#include "client/client.h"
#include "engine/sql.h"
#include "engine/table.h"

namespace arrowport::cli {
namespace {

constexpr const char* kExamples =
    "One name is a table or view, anything else is SQL. FILE appears once all rows are in it; "
    "what\n"
    "was there before stays until then.\n"
    "\n"
    "Examples:\n"
    "  arrowport get flights -o flights.parquet\n"
    "  arrowport get '\"my table\"' -o rows.csv.gz --url grpc://127.0.0.1:8889\n"
    "  arrowport get \"FROM flights WHERE carrier = 'UA'\" -o ua.arrow\n"
    "  arrowport get flights -o - --format ndjson | jq .dest";

struct GetOptions {
  std::string what;
  std::string url = kDefaultUrl;
  OutputOptions output = {.format_flag = "--format"};
};

// Only a person who looks at the progress wants to know how much there is.
Result<std::optional<int64_t>> TotalOf(client::Client& client,
                                       const std::optional<engine::TableName>& table) {
  if (!table.has_value() || !StandardError().interactive) return std::nullopt;
  return RowsOf(client, *table);
}

Status Get(const GetOptions& options, const std::stop_token& stop) {
  ARROW_ASSIGN_OR_RAISE(const OutputTarget target, TargetOf(options.output));
  const std::optional<engine::TableName> table = TableNamed(options.what);
  ARROW_ASSIGN_OR_RAISE(const auto client, client::Client::Connect(options.url, {}));
  ARROW_ASSIGN_OR_RAISE(const std::optional<int64_t> total, TotalOf(*client, table));
  client::QueryRequest request;
  request.sql = table.has_value() ? engine::Sql("FROM {}", {*table}) : options.what;
  request.stop = stop;
  ARROW_ASSIGN_OR_RAISE(const auto rows, client->Query(request));
  return WriteRows(*rows, target, total);
}

}  // namespace

void AddGet(CLI::App& app, Action* action) {
  CLI::App* command =
      app.add_subcommand("get", "Fetch a table, or the rows of a query, into a file.");
  command->footer(kExamples);
  auto options = std::make_shared<GetOptions>();
  command->add_option("TABLE|SQL", options->what, "A table or view by its name, or SQL.")
      ->required();
  command
      ->add_option("-o,--output-path", options->output.path,
                   "The file to write: .parquet, .arrow, .feather, .arrows, .csv, .csv.gz, .json "
                   "or .ndjson; - is standard output.")
      ->type_name("FILE")
      ->required();
  command
      ->add_option("--format", options->output.format,
                   "parquet, arrow, csv, json or ndjson, where the name does not tell.")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"parquet", "arrow", "csv", "json", "ndjson"}).description(""));
  AddUrl(*command, &options->url);
  command->callback([options, action] {
    *action = [options] {
      return RunInterruptible([&](const std::stop_token& stop) { return Get(*options, stop); });
    };
  });
}

}  // namespace arrowport::cli
