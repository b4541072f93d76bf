#include <cstdint>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/figures.h"
#include "cli/progress.h"
#include "cli/server_url.h"
#include "client/client.h"
#include "stream/file.h"

namespace arrowport::cli {
namespace {

constexpr const char* kExamples =
    "Each file is one transaction: all of its rows land, or none.\n"
    "\n"
    "Examples:\n"
    "  arrowport ingest flights.parquet --stream flights\n"
    "  arrowport ingest 2013-*.csv.gz --stream flights --url grpc://127.0.0.1:8889\n"
    "  producer | arrowport ingest - --stream flights   an Arrow stream on standard input";

struct IngestOptions {
  std::vector<std::string> paths;
  std::string stream;
  std::string url = kDefaultUrl;
};

// "data/flights.csv.gz" is the stream "flights".
Result<std::string> StreamOf(const IngestOptions& options, const std::string& path) {
  if (!options.stream.empty()) return options.stream;
  if (path == "-") {
    return MakeError(ErrorKind::kInvalidInput, "standard input has no name; give --stream NAME");
  }
  const std::string name = std::filesystem::path(path).filename().string();
  return name.substr(0, name.find('.', 1));
}

// By rows where the file tells them beforehand, else by its bytes.
std::optional<double> FractionOf(const stream::FileSource& source, int64_t rows) {
  if (source.rows() > 0) return static_cast<double>(rows) / static_cast<double>(source.rows());
  if (source.bytes() <= 0) return std::nullopt;
  return static_cast<double>(source.bytes_read()) / static_cast<double>(source.bytes());
}

Status IngestFile(client::Client& client, const std::string& path, const std::string& stream) {
  ARROW_ASSIGN_OR_RAISE(const auto source, stream::OpenFileSource(path));
  std::optional<Progress> progress(path);
  const auto show = [&](int64_t rows, int64_t bytes) {
    progress->Show({.rows = rows, .bytes = bytes, .fraction = FractionOf(*source, rows)});
  };
  const Result<client::PutAnswer> answer = client.Put(stream, *source->reader(), show);
  const double seconds = progress->seconds();
  progress.reset();
  ARROW_RETURN_NOT_OK(WithContext(path, answer.status()));
  const auto bytes = static_cast<double>(answer->bytes);
  std::cout << path << ": " << Plural(answer->rows, "row") << ", " << Bytes(bytes) << " into table "
            << answer->table << " in " << Seconds(seconds) << " ("
            << RowRate(static_cast<double>(answer->rows) / seconds) << ", "
            << ByteRate(bytes / seconds) << ")\n"
            << std::flush;
  return Status::OK();
}

Status Ingest(const IngestOptions& options) {
  ARROW_ASSIGN_OR_RAISE(const auto client, client::Client::Connect(options.url, {}));
  for (const std::string& path : options.paths) {
    ARROW_ASSIGN_OR_RAISE(const std::string stream, StreamOf(options, path));
    ARROW_RETURN_NOT_OK(IngestFile(*client, path, stream));
  }
  return Status::OK();
}

}  // namespace

void AddIngest(CLI::App& app, Action* action) {
  CLI::App* command = app.add_subcommand("ingest", "Send files to a stream of a server.");
  command->footer(kExamples);
  auto options = std::make_shared<IngestOptions>();
  command
      ->add_option("FILE", options->paths,
                   "Parquet (.parquet), Arrow (.arrow, .feather, .arrows), CSV (.csv, .csv.gz), "
                   "JSON (.json, .ndjson), or - for an Arrow stream on standard input.")
      ->required();
  command
      ->add_option("--stream", options->stream,
                   "The stream that gets the rows. [the file's name without its ending]")
      ->type_name("NAME");
  AddUrl(*command, &options->url);
  command->callback([options, action] { *action = [options] { return Ingest(*options); }; });
}

}  // namespace arrowport::cli
