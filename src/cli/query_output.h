#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <arrow/record_batch.h>

#include "base/error.h"
#include "stream/file.h"

namespace arrowport::cli {

/// Where rows should go, as the command line says it.
struct OutputOptions {
  /// "display", "csv", "json", "ndjson", "arrow", "parquet"; empty: not said.
  std::string format = {};
  std::string path = {};   ///< Empty: not said.
  bool old_paths = false;  ///< csv and parquet without a path go to query_results.*.
  const char* format_flag = "--output-format";  ///< What a message advises.
};

/// The same, decided.
struct OutputTarget {
  std::optional<stream::FileFormat> format;  ///< Unset: shown as a table.
  std::string path;                          ///< "-" is standard output.
};

/// \return kInvalidInput when the two contradict, when a path does not tell its format, and when
/// bytes that no person reads would go to a terminal.
Result<OutputTarget> TargetOf(const OutputOptions& options);

/// Writes all rows to the path of `target`, which has a format, with progress, and says on standard
/// error what was written. After any failure the path is as it was. `rows_total`, where that is
/// known, is for the progress.
Status WriteRows(arrow::RecordBatchReader& rows, const OutputTarget& target,
                 std::optional<int64_t> rows_total = {});

}  // namespace arrowport::cli
