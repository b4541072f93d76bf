#include "cli/query_output.h"

#include <iostream>
#include <memory>
#include <optional>
#include <string>

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
  if (options.format == "parquet") return FileFormat::kParquet;
  if (options.format == "arrow") {
    // Two forms of Arrow have names of their own; a pipe takes the one that needs no end.
    const bool is_file = stream::FormatOfPath(options.path) == FileFormat::kArrowFile;
    return is_file ? FileFormat::kArrowFile : FileFormat::kArrowStream;
  }
  return std::nullopt;
}

bool IsBinary(FileFormat format) {
  return format != FileFormat::kCsv && format != FileFormat::kJson;
}

Status Refuse(const std::string& why) { return MakeError(ErrorKind::kInvalidInput, why); }

}  // namespace

Result<OutputTarget> TargetOf(const OutputOptions& options) {
  OutputTarget target = {.format = FormatOf(options), .path = options.path};
  const bool from_path = options.format.empty() && !options.path.empty();
  if (from_path) {
    target.format = stream::FormatOfPath(options.path);
    if (!target.format.has_value()) {
      return Refuse("'" + options.path + "' does not tell its format; add --output-format");
    }
  }
  if (!target.format.has_value()) {
    if (options.path.empty()) return target;
    return Refuse("display goes to the terminal; leave out --output-path, or choose a format");
  }
  if (!target.path.empty()) return target;
  const bool old_file = options.old_paths && (target.format == FileFormat::kCsv ||
                                              target.format == FileFormat::kParquet);
  target.path = old_file ? "query_results." + options.format : "-";
  if (target.path == "-" && IsBinary(*target.format) && StandardOutput().interactive) {
    return Refuse(options.format + " is not for a terminal; add --output-path FILE or a pipe");
  }
  return target;
}

Status WriteRows(arrow::RecordBatchReader& rows, FileFormat format, const std::string& path) {
  ARROW_ASSIGN_OR_RAISE(const auto sink, stream::OpenFileSink(path, format, rows.schema()));
  ProgressPoint point;
  double seconds = 0;
  {
    Progress progress(path);
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
  if (path != "-") {
    std::cerr << "wrote " << Plural(point.rows, "row") << " to " << path << " in "
              << Seconds(seconds) << '\n';
  }
  return Status::OK();
}

}  // namespace arrowport::cli
