#pragma once

#include <memory>
#include <vector>

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/error.h"
#include "engine/result_stream.h"

namespace arrowport::service {

/// A whole result that is kept in memory, for few rows.
struct HeldRows {
  std::shared_ptr<arrow::Schema> schema;
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
};

/// Takes all of `rows`; blocks until their statement has ended.
Result<HeldRows> TakeAll(engine::ResultStream& rows);

/// \return all of `rows` in their order. Any number of streams may be opened.
std::shared_ptr<engine::ResultStream> OpenHeldRows(HeldRows rows);

}  // namespace arrowport::service
