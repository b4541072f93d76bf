#pragma once

#include <optional>
#include <string>

#include <arrow/record_batch.h>

#include "base/error.h"
#include "stream/file.h"

namespace arrowport::cli {

/// Where rows should go, as the command line says it.
struct OutputOptions {
  std::string format = {};  ///< "display", "csv", "json", "arrow", "parquet"; empty: not said.
  std::string path = {};    ///< Empty: not said.
  bool old_paths = false;   ///< csv and parquet without a path go to query_results.*.
};

/// The same, decided.
struct OutputTarget {
  std::optional<stream::FileFormat> format;  ///< Unset: shown as a table.
  std::string path;                          ///< "-" is standard output.
};

/// \return kInvalidInput when the two contradict, when a path does not tell its format, and when
/// bytes that no person reads would go to a terminal.
Result<OutputTarget> TargetOf(const OutputOptions& options);

/// Writes all rows to `path`, where "-" is standard output, with progress, and says what was
/// written.
Status WriteRows(arrow::RecordBatchReader& rows, stream::FileFormat format,
                 const std::string& path);

}  // namespace arrowport::cli
