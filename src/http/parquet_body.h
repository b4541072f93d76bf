#pragma once

#include <cstdint>
#include <memory>

#include <arrow/buffer.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/error.h"
#include "http/body_bytes.h"
#include "http/exchange.h"
#include "http/incoming_rows.h"
#include "http/put_form.h"
#include "http/socket.h"
#include "http/spool.h"
#include "stream/parquet_rows.h"

namespace arrowport::http {

/// The body of a request as a Parquet file. Its footer comes last, so it is kept until it is whole:
/// a small one in memory, a larger one on disk.
class ParquetBody final : public IncomingRows {
 public:
  /// `exchange` is kept by reference.
  ParquetBody(Exchange& exchange, const PutForm& form);

  Awaitable<Result<std::shared_ptr<arrow::Schema>>> ReadSchema() override;
  Awaitable<Result<std::shared_ptr<arrow::RecordBatch>>> Next() override;

 private:
  Awaitable<Status> Open();
  Awaitable<Status> OpenOnDisk(std::shared_ptr<arrow::Buffer> piece);
  Awaitable<Result<std::shared_ptr<arrow::Buffer>>> ReadPiece();
  [[nodiscard]] Status CheckSize() const;

  Exchange& exchange_;
  BodyBytes bytes_;
  std::shared_ptr<arrow::Buffer> space_;
  Spool spool_;
  std::unique_ptr<stream::ParquetRows> rows_;
  int64_t row_bytes_ = 0;
};

}  // namespace arrowport::http
