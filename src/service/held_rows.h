#pragma once

#include <cstdint>
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

/// The first rows of a result.
struct FirstRows {
  HeldRows rows;      ///< In memory of their own, so that they take nothing from other results.
  int64_t bytes = 0;  ///< Of that memory.
  bool are_all = false;
};

/// Takes rows until they have more than `bytes_max`; blocks meanwhile.
Result<FirstRows> TakeFirst(engine::ResultStream& rows, int64_t bytes_max);

/// \return all of `rows` in their order. Any number of streams may be opened.
std::shared_ptr<engine::ResultStream> OpenHeldRows(HeldRows rows);

/// Part `part` of `parts`: each row is in exactly one of them, in the order of the result.
std::shared_ptr<engine::ResultStream> OpenHeldRows(const HeldRows& rows, int part, int parts);

}  // namespace arrowport::service
