#pragma once

#include <memory>

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/error.h"
#include "http/socket.h"

namespace arrowport::http {

/// Rows that come with a request, in whatever form. Used by one coroutine.
class IncomingRows {
 public:
  IncomingRows() = default;
  virtual ~IncomingRows() = default;
  IncomingRows(const IncomingRows&) = delete;
  IncomingRows& operator=(const IncomingRows&) = delete;

  /// The schema, which comes first.
  virtual Awaitable<Result<std::shared_ptr<arrow::Schema>>> ReadSchema() = 0;

  /// The next batch, valid in full; null when the rows have ended as they should.
  virtual Awaitable<Result<std::shared_ptr<arrow::RecordBatch>>> Next() = 0;
};

}  // namespace arrowport::http
