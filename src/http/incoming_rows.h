#pragma once

#include <cstdint>
#include <memory>
#include <optional>

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

  /// About how much memory all batches together will take, where the head of the request tells.
  [[nodiscard]] virtual std::optional<int64_t> bytes_expected() const { return std::nullopt; }
};

}  // namespace arrowport::http
