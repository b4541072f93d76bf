#include <cstdint>
#include <iostream>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/figures.h"
#include "cli/interruptible.h"
#include "cli/progress.h"
#include "cli/server_url.h"
#include "cli/table_query.h"
#include "cli/terminal.h"
#include "client/client.h"
#include "engine/sql.h"
#include "engine/table.h"

namespace arrowport::cli {
namespace {

constexpr const char* kExamples =
    "All of the rows land in one transaction, or none: also after Ctrl-C. The table is made where "
    "it "
    "is\n"
    "not there, and added to where it is.\n"
    "\n"
    "Examples:\n"
    "  arrowport transfer --from grpc://a:8889 --to grpc://b:8889 --table flights\n"
    "  arrowport transfer --from grpc://a:8889 --to http://b:8888 \\\n"
    "      --query \"FROM flights WHERE carrier = 'UA'\" --as united\n"
    "  arrowport transfer --from grpc://a:8889 --to grpc://b:8889 --table flights --direct";

struct TransferOptions {
  std::string from;
  std::string to;
  std::string table;
  std::string query;
  std::string as;
  std::string auth;
  bool ordered = false;
  bool direct = false;
};

Status Check(const TransferOptions& options) {
  if (options.table.empty() == options.query.empty()) {
    return MakeError(ErrorKind::kInvalidInput, "give either --table or --query");
  }
  if (options.as.empty() && options.table.empty()) {
    return MakeError(ErrorKind::kInvalidInput,
                     "the rows of a query have no name; give --as, the table that they land in");
  }
  return Status::OK();
}

struct Moved {
  std::string table;
  int64_t rows = 0;
  int64_t bytes = 0;
  double seconds = 0;
};

// The rows pass through here, ahead of the target by no more than the readers hold.
Result<Moved> MoveThroughHere(const TransferOptions& options,
                              const client::ClientOptions& connecting, client::Client& target,
                              const std::stop_token& stop) {
  ARROW_ASSIGN_OR_RAISE(const auto source, client::Client::Connect(options.from, connecting));
  client::QueryRequest request;
  std::optional<int64_t> total;
  request.sql = options.query;
  request.stop = stop;
  if (!options.table.empty()) {
    ARROW_ASSIGN_OR_RAISE(const auto table, engine::TableName::Parse(options.table));
    request.sql = engine::Sql("FROM {}", {table});
    request.ordered = options.ordered;
    // Only a person who looks at the progress wants to know how much there is.
    if (StandardError().interactive) {
      ARROW_ASSIGN_OR_RAISE(total, RowsOf(*source, table));
    }
  }
  request.parallel = !options.ordered;
  ARROW_ASSIGN_OR_RAISE(const auto rows, source->Query(request));
  const std::string& as = options.as.empty() ? options.table : options.as;
  Progress progress(as);
  ARROW_ASSIGN_OR_RAISE(
      const client::PutAnswer answer, target.Put(as, *rows, [&](int64_t done, int64_t bytes) {
        progress.Show({.rows = done, .bytes = bytes, .fraction = {}, .rows_total = total});
      }));
  return Moved{.table = answer.table,
               .rows = answer.rows,
               .bytes = answer.bytes,
               .seconds = progress.seconds()};
}

// The target fetches the rows itself.
Result<Moved> MoveDirectly(const TransferOptions& options, client::Client& target) {
  nlohmann::json json = {{"from", options.from}};
  if (!options.table.empty()) json["table"] = options.table;
  if (!options.query.empty()) json["query"] = options.query;
  if (!options.as.empty()) json["as"] = options.as;
  ARROW_ASSIGN_OR_RAISE(
      const auto answers,
      target.Act("transfer", json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)));
  const auto answer = nlohmann::json::parse(answers.empty() ? std::string() : answers.front(),
                                            nullptr, /*allow_exceptions=*/false);
  if (!answer.is_object()) {
    return MakeError(ErrorKind::kInternal, options.to + ": the answer to a transfer is no JSON");
  }
  return Moved{.table = answer.value("table", ""),
               .rows = answer.value("rows", int64_t{0}),
               .bytes = answer.value("bytes", int64_t{0}),
               .seconds = answer.value("seconds", 0.0)};
}

Status Transfer(const TransferOptions& options, const std::stop_token& stop) {
  ARROW_RETURN_NOT_OK(Check(options));
  client::ClientOptions connecting;
  ARROW_ASSIGN_OR_RAISE(connecting.credentials, ReadAuth(options.auth));
  ARROW_ASSIGN_OR_RAISE(const auto target, client::Client::Connect(options.to, connecting));
  ARROW_ASSIGN_OR_RAISE(const Moved moved,
                        options.direct ? MoveDirectly(options, *target)
                                       : MoveThroughHere(options, connecting, *target, stop));
  const auto bytes = static_cast<double>(moved.bytes);
  std::cout << Plural(moved.rows, "row") << ", " << Bytes(bytes) << " from " << options.from
            << " into table " << moved.table << " of " << options.to << " in "
            << Seconds(moved.seconds) << " ("
            << RowRate(static_cast<double>(moved.rows) / moved.seconds) << ", "
            << ByteRate(bytes / moved.seconds) << ")\n"
            << std::flush;
  return Status::OK();
}

}  // namespace

void AddTransfer(CLI::App& app, Action* action) {
  CLI::App* command =
      app.add_subcommand("transfer", "Copy a table, or the rows of a query, between two servers.");
  command->footer(kExamples);
  auto options = std::make_shared<TransferOptions>();
  command->add_option("--from", options->from, "The server that has the rows.")
      ->type_name("URL")
      ->required();
  command->add_option("--to", options->to, "The server that gets them.")
      ->type_name("URL")
      ->required();
  command->add_option("--table", options->table, "The table or view to copy.")->type_name("NAME");
  command->add_option("--query", options->query, "SQL whose rows to copy, in place of a table.")
      ->type_name("SQL");
  command->add_option("--as", options->as, "The table that gets the rows. [as at the source]")
      ->type_name("NAME");
  command->add_flag("--ordered", options->ordered,
                    "Keep the table's order of rows, over one stream. [several at once]");
  command->add_flag("--direct", options->direct,
                    "Let the target fetch the rows itself, so that they do not pass this machine.");
  AddAuth(*command, &options->auth);
  command->callback([options, action] {
    *action = [options] {
      return RunInterruptible(
          [&](const std::stop_token& stop) { return Transfer(*options, stop); });
    };
  });
}

}  // namespace arrowport::cli
