#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/error.h"

namespace arrowport::cli {

/// Rows held in memory, so that what is measured with them is not where they come from.
struct RowSet {
  std::string name;
  std::shared_ptr<arrow::Schema> schema;
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
  int64_t rows = 0;
  int64_t bytes = 0;

  /// All of the rows, from the first.
  [[nodiscard]] std::shared_ptr<arrow::RecordBatchReader> Reader() const;
};

/// Reads `reader` to its end; `progress` is told the rows and bytes so far.
Result<RowSet> Collect(const std::string& name, arrow::RecordBatchReader& reader,
                       const std::function<void(int64_t rows, int64_t bytes)>& progress);

}  // namespace arrowport::cli
