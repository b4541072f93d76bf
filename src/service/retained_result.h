#pragma once

#include <cstdint>
#include <memory>

#include <arrow/type.h>

#include "base/call_control.h"
#include "base/error.h"
#include "engine/result_stream.h"
#include "service/table_file.h"

namespace arrowport::service {

/// Waits for the file of `request`. \return kCancelled or kDeadlineExceeded as `control` says.
Result<TableFile> WaitForFile(TableFileRequest& request, const CallControl& control);

/// The rows of a whole result that lies in a file.
struct RetainedResult {
  TableFile file;  ///< In Arrow's file format.
  std::shared_ptr<arrow::Schema> schema;
  int64_t rows = 0;
};

/// Reads the schema of `file` and counts its rows.
Result<RetainedResult> Retain(TableFile file);

/// Opens part `part` of `parts`: each row is in exactly one of them, in the order of the result.
Result<std::shared_ptr<engine::ResultStream>> OpenPart(const RetainedResult& result, int part,
                                                       int parts);

}  // namespace arrowport::service
