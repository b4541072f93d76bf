#include "cli/query_output.h"

#include <cstdint>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <system_error>

#include "base/batch_bytes.h"
#include "base/error.h"
#include "cli/figures.h"
#include "cli/progress.h"
#include "cli/terminal.h"
#include "stream/file.h"

namespace arrowport::cli {
namespace {

using stream::FileFormat;

std::optional<FileFormat> FormatOf(const OutputOptions& options) {
  if (options.format == "csv") return FileFormat::kCsv;
  if (options.format == "json") return FileFormat::kJson;
  if (options.format == "ndjson") return FileFormat::kNdjson;
  if (options.format == "parquet") return FileFormat::kParquet;
  if (options.format == "arrow") {
    // Two forms of Arrow have names of their own; a pipe takes the one that needs no end.
    const bool is_file = stream::FormatOfPath(options.path) == FileFormat::kArrowFile;
    return is_file ? FileFormat::kArrowFile : FileFormat::kArrowStream;
  }
  return std::nullopt;
}

bool IsBinary(FileFormat format) {
  return format != FileFormat::kCsv && format != FileFormat::kJson && format != FileFormat::kNdjson;
}

Status Refuse(const std::string& why) { return MakeError(ErrorKind::kInvalidInput, why); }

void TellWritten(const std::string& path, int64_t rows, double seconds) {
  std::error_code error;
  const auto file_bytes = std::filesystem::file_size(path, error);
  std::cerr << "wrote " << Plural(rows, "row") << " to " << path << " in " << Seconds(seconds)
            << " (";
  if (!error) std::cerr << Bytes(static_cast<double>(file_bytes)) << ", ";
  std::cerr << RowRate(static_cast<double>(rows) / seconds) << ")\n";
}

}  // namespace

Result<OutputTarget> TargetOf(const OutputOptions& options) {
  OutputTarget target = {.format = FormatOf(options), .path = options.path};
  const bool from_path = options.format.empty() && !options.path.empty();
  if (from_path) {
    target.format = stream::FormatOfPath(options.path);
    if (!target.format.has_value()) {
      return Refuse("'" + options.path + "' does not tell its format; add " + options.format_flag);
    }
  }
  if (!target.format.has_value()) {
    if (options.path.empty()) return target;
    return Refuse("display goes to the terminal; leave out --output-path, or choose a format");
  }
  const bool old_file = options.old_paths && (target.format == FileFormat::kCsv ||
                                              target.format == FileFormat::kParquet);
  if (target.path.empty()) target.path = old_file ? "query_results." + options.format : "-";
  if (target.path == "-" && IsBinary(*target.format) && StandardOutput().interactive) {
    return Refuse(options.format + " is not for a terminal; name a file or add a pipe");
  }
  return target;
}

Status WriteRows(arrow::RecordBatchReader& rows, const OutputTarget& target,
                 std::optional<int64_t> rows_total) {
  if (!target.format.has_value()) {
    return MakeError(ErrorKind::kInternal, "rows cannot be written without a format");
  }
  ARROW_ASSIGN_OR_RAISE(const auto sink,
                        stream::OpenFileSink(target.path, *target.format, rows.schema()));
  ProgressPoint point = {.rows = 0, .bytes = 0, .fraction = {}, .rows_total = rows_total};
  double seconds = 0;
  {
    Progress progress(target.path);
    for (;;) {
      std::shared_ptr<arrow::RecordBatch> batch;
      ARROW_RETURN_NOT_OK(rows.ReadNext(&batch));
      if (batch == nullptr) break;
      ARROW_RETURN_NOT_OK(sink->Write(batch));
      point.rows += batch->num_rows();
      point.bytes += BytesOf(*batch);
      progress.Show(point);
    }
    ARROW_RETURN_NOT_OK(sink->Close());
    seconds = progress.seconds();
  }
  if (target.path != "-") TellWritten(target.path, point.rows, seconds);
  return Status::OK();
}

}  // namespace arrowport::cli
