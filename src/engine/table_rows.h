#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/error.h"
#include "engine/landing.h"
#include "engine/table.h"

namespace arrowport::engine {

/// Rows for one table, all of them there.
struct TableRows {
  TableName table;
  std::shared_ptr<arrow::Schema> schema;
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches;  ///< Of `schema`, valid in full.
  /// How they land; null: they are appended, and make the table where there is none.
  std::shared_ptr<const Landing> landing = nullptr;
};

/// What became of parts that were to land together.
struct JointOutcome {
  Status status;
  // Parts whose rows could not land, where those are known: the `guilty_count` from `guilty_first`.
  size_t guilty_first = 0;
  size_t guilty_count = 0;
};

}  // namespace arrowport::engine
