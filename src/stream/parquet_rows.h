#pragma once

#include <cstdint>
#include <memory>

#include <arrow/buffer.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/error.h"
#include "stream/nameless_file.h"

namespace arrowport::stream {

/// The rows of a Parquet file that came from outside, which may lie about everything: its footer is
/// looked at before anything is built from it (`stream/parquet_footer.h`), pages may unpack to as
/// much as a batch may have, and every batch is validated in full. Row group by row group, on the
/// thread that asks, which may wait for the disk. One thread at a time.
class ParquetRows {
 public:
  virtual ~ParquetRows() = default;

  /// Opens a file in memory, or one on disk that is complete, and stays open as long as this.
  /// `batch_bytes_max`: memory that may be asked for at once, for the footer or for one batch.
  /// \return kInvalidInput, kTooLarge, kUnsupportedMedia for an encoding or type that is not read.
  static Result<std::unique_ptr<ParquetRows>> Open(std::shared_ptr<arrow::Buffer> file,
                                                   int64_t batch_bytes_max);
  static Result<std::unique_ptr<ParquetRows>> Open(std::shared_ptr<const NamelessFile> file,
                                                   int64_t batch_bytes_max);

  [[nodiscard]] virtual const std::shared_ptr<arrow::Schema>& schema() const = 0;

  /// The next batch; null when all rows were read that the footer announces.
  virtual Result<std::shared_ptr<arrow::RecordBatch>> Next() = 0;
};

}  // namespace arrowport::stream
