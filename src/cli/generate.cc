#include <cstdint>
#include <filesystem>
#include <iostream>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <system_error>

#include <CLI/CLI.hpp>

#include "base/batch_bytes.h"
#include "base/error.h"
#include "cli/commands.h"
#include "cli/figures.h"
#include "cli/progress.h"
#include "stream/file.h"
#include "stream/generator.h"

namespace arrowport::cli {
namespace {

constexpr const char* kExamples =
    "Examples:\n"
    "  arrowport generate --num-records 1000000 --output-path events.parquet\n"
    "  arrowport generate --kind sensors --output-path sensors.arrows\n"
    "  arrowport generate --num-records 5000 --output-path - --format arrow | "
    "arrowport ingest - --stream events";

struct GenerateOptions {
  stream::GeneratorOptions rows;
  std::string kind = "events";
  std::string path = "sample_data.parquet";
  std::string format;
};

Result<stream::FileFormat> FormatOf(const GenerateOptions& options) {
  static const std::map<std::string, stream::FileFormat> kFormats = {
      {"parquet", stream::FileFormat::kParquet},
      {"arrow", stream::FileFormat::kArrowStream},
      {"csv", stream::FileFormat::kCsv},
      {"json", stream::FileFormat::kJson}};
  if (!options.format.empty()) return kFormats.at(options.format);
  const std::optional<stream::FileFormat> format = stream::FormatOfPath(options.path);
  if (format.has_value()) return *format;
  return MakeError(ErrorKind::kInvalidInput,
                   "'" + options.path +
                       "' does not tell its format; end it in .parquet, .arrow, .arrows, .csv or "
                       ".json, or add --format");
}

Status Generate(const GenerateOptions& options) {
  ARROW_ASSIGN_OR_RAISE(const stream::FileFormat format, FormatOf(options));
  stream::GeneratorOptions rows = options.rows;
  if (options.kind == "sensors") rows.kind = stream::GeneratedKind::kSensors;
  const auto reader = stream::MakeGenerator(rows);
  ARROW_ASSIGN_OR_RAISE(const auto sink,
                        stream::OpenFileSink(options.path, format, reader->schema()));
  Progress progress(options.path);
  ProgressPoint point;
  for (;;) {
    std::shared_ptr<arrow::RecordBatch> batch;
    ARROW_RETURN_NOT_OK(reader->ReadNext(&batch));
    if (batch == nullptr) break;
    ARROW_RETURN_NOT_OK(sink->Write(batch));
    point.rows += batch->num_rows();
    point.bytes += BytesOf(*batch);
    point.fraction = static_cast<double>(point.rows) / static_cast<double>(options.rows.rows);
    progress.Show(point);
  }
  ARROW_RETURN_NOT_OK(sink->Close());
  if (options.path == "-") return Status::OK();
  std::error_code error;
  const auto size = std::filesystem::file_size(options.path, error);
  std::cout << options.path << ": " << Plural(point.rows, "row") << ", "
            << Bytes(static_cast<double>(error ? 0 : size)) << ", in "
            << Seconds(progress.seconds()) << '\n';
  return Status::OK();
}

}  // namespace

void AddGenerate(CLI::App& app, Action* action) {
  CLI::App* command = app.add_subcommand("generate", "Write a file of made-up but plausible rows.");
  command->footer(kExamples);
  auto options = std::make_shared<GenerateOptions>();
  command->add_option("--num-records", options->rows.rows, "How many rows. [100000]")
      ->type_name("COUNT")
      ->check(CLI::Range(int64_t{0}, std::numeric_limits<int64_t>::max()).description(""));
  command
      ->add_option("--output-path", options->path,
                   "The file; its ending tells the format: .parquet, .arrow, .arrows, .csv, .json. "
                   "- is standard output. [sample_data.parquet]")
      ->type_name("FILE");
  command
      ->add_option("--format", options->format,
                   "parquet, arrow, csv or json, where the name does not tell.")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"parquet", "arrow", "csv", "json"}).description(""));
  command->add_option("--kind", options->kind, "events or sensors. [events]")
      ->type_name("KIND")
      ->check(CLI::IsMember({"events", "sensors"}).description(""));
  command->add_option("--seed", options->rows.seed, "The same seed gives the same rows. [42]")
      ->type_name("NUMBER");
  command->callback([options, action] { *action = [options] { return Generate(*options); }; });
}

}  // namespace arrowport::cli
