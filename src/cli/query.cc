#include <iostream>
#include <iterator>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/interruptible.h"
#include "cli/progress.h"
#include "cli/query_output.h"
#include "cli/result_view.h"
#include "cli/server_url.h"
#include "cli/shell.h"
#include "cli/terminal.h"
#include "client/client.h"

namespace arrowport::cli {
namespace {

constexpr const char* kExamples =
    "Without SQL, a person at a terminal gets a shell for statements, and what another program\n"
    "sends to standard input is the SQL. Without --output-path, csv, json, ndjson and arrow go to\n"
    "standard output.\n"
    "\n"
    "--query, --host and --port are for scripts that were written for a Flight client with these\n"
    "flags: they mean --url grpc://HOST:PORT, and csv and parquet without a path then go to\n"
    "query_results.csv and query_results.parquet.\n"
    "\n"
    "Examples:\n"
    "  arrowport query \"SELECT carrier, avg(arr_delay) FROM flights GROUP BY ALL\"\n"
    "  arrowport query \"FROM flights WHERE carrier = ?\" --param UA --output-path ua.parquet\n"
    "  arrowport query \"FROM flights\" --output-format arrow | python consumer.py\n"
    "  arrowport query < report.sql\n"
    "  arrowport query --url grpc://127.0.0.1:8889      a shell; \\? in it tells more";

struct QueryOptions {
  std::optional<std::string> sql;  ///< "-": on standard input.
  std::vector<std::string> parameters;
  std::string url = kDefaultUrl;
  std::string host;
  int port = 0;
  OutputOptions output;
};

// A parameter is a JSON value where it reads as a plain one, and text otherwise.
std::string ParametersJson(const std::vector<std::string>& parameters) {
  if (parameters.empty()) return "";
  nlohmann::json array = nlohmann::json::array();
  for (const std::string& text : parameters) {
    nlohmann::json value = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
    const bool plain = !value.is_discarded() && value.is_primitive();
    array.push_back(plain ? std::move(value) : nlohmann::json(text));
  }
  return array.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string UrlOf(const QueryOptions& options) {
  constexpr int kFlightPort = 8889;
  if (options.host.empty() && options.port == 0) return options.url;
  const std::string host = options.host.empty() ? "localhost" : options.host;
  return "grpc://" + host + ":" + std::to_string(options.port == 0 ? kFlightPort : options.port);
}

Result<std::string> SqlOf(const QueryOptions& options) {
  constexpr const char* kMissing =
      "there is no SQL; write it behind the command, or send it to standard input";
  std::string sql = options.sql.value_or("-");
  if (sql == "-") sql.assign(std::istreambuf_iterator<char>(std::cin), {});
  if (sql.empty()) return MakeError(ErrorKind::kInvalidInput, kMissing);
  return sql;
}

Status Shell(const QueryOptions& options) {
  const bool is_for_one_query =
      !options.parameters.empty() || !options.output.format.empty() || !options.output.path.empty();
  if (!is_for_one_query) return RunShell(UrlOf(options));
  return MakeError(ErrorKind::kInvalidInput,
                   "parameters and output formats are for one query; write its SQL, too (in the "
                   "shell, \\o FILE writes a result)");
}

Status Display(arrow::RecordBatchReader& rows) {
  ResultView view(rows.schema());
  Progress progress("query");
  for (;;) {
    std::shared_ptr<arrow::RecordBatch> batch;
    ARROW_RETURN_NOT_OK(rows.ReadNext(&batch));
    if (batch == nullptr) break;
    view.Add(batch);
    progress.Show({.rows = view.rows(), .bytes = 0, .fraction = {}});
  }
  std::cout << view.Text(StandardOutput());
  return Status::OK();
}

Status Query(const QueryOptions& options, const std::string& sql, const std::stop_token& stop) {
  ARROW_ASSIGN_OR_RAISE(const OutputTarget target, TargetOf(options.output));
  ARROW_ASSIGN_OR_RAISE(const auto client, client::Client::Connect(UrlOf(options), {}));
  client::QueryRequest request;
  request.sql = sql;
  request.params_json = ParametersJson(options.parameters);
  request.stop = stop;
  ARROW_ASSIGN_OR_RAISE(const auto rows, client->Query(request));
  return target.format.has_value() ? WriteRows(*rows, target) : Display(*rows);
}

void AddOldFlags(CLI::App& command, QueryOptions* options, CLI::Option* sql, CLI::Option* url) {
  const std::string group = "Flags of another client";
  CLI::Option* query = command.add_option("--query", options->sql, "The SQL text.");
  query->type_name("SQL")->group(group)->excludes(sql)->each(
      [options](const std::string&) { options->output.old_paths = true; });
  command.add_option("--host", options->host, "Host of a Flight server. [localhost]")
      ->type_name("HOST")
      ->group(group)
      ->excludes(url);
  command.add_option("--port", options->port, "Port of a Flight server. [8889]")
      ->type_name("PORT")
      ->group(group)
      ->excludes(url)
      ->check(CLI::Range(1, 65535).description(""));
}

}  // namespace

void AddQuery(CLI::App& app, Action* action) {
  CLI::App* command = app.add_subcommand("query", "Run SQL on a server and show or keep its rows.");
  command->footer(kExamples);
  auto options = std::make_shared<QueryOptions>();
  CLI::Option* sql = command->add_option(
      "SQL", options->sql, "The SQL text; - reads it from standard input. Without it: a shell.");
  // Without extra arguments the library leaves "[1, 2]" as it is.
  command
      ->add_option("--param", options->parameters,
                   "Value of the next ? in the SQL: a number, true, false, null, or text. Once for "
                   "each.")
      ->type_name("VALUE")
      ->expected(1)
      ->take_all()
      ->allow_extra_args(false);
  command
      ->add_option("--output-format", options->output.format,
                   "display, csv, json, ndjson, arrow or parquet. [display, or what --output-path "
                   "ends in]")
      ->type_name("FORMAT")
      ->check(
          CLI::IsMember({"display", "csv", "json", "ndjson", "arrow", "parquet"}).description(""));
  command
      ->add_option("-o,--output-path", options->output.path,
                   "The file to write; - is standard output.")
      ->type_name("FILE");
  AddOldFlags(*command, options.get(), sql, AddUrl(*command, &options->url));
  command->callback([options, action] {
    *action = [options]() -> Status {
      if (!options->sql.has_value() && StandardInputIsTyped()) return Shell(*options);
      ARROW_ASSIGN_OR_RAISE(const std::string text, SqlOf(*options));
      return RunInterruptible(
          [&](const std::stop_token& stop) { return Query(*options, text, stop); });
    };
  });
}

}  // namespace arrowport::cli
