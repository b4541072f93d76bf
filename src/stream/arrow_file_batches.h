#pragma once

#include <cstdint>
#include <memory>

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/error.h"
#include "stream/nameless_file.h"

namespace arrowport::stream {

/// The batches of a nameless file in Arrow's file format, read one by one when they are asked for.
/// One thread at a time.
class ArrowFileBatches {
 public:
  virtual ~ArrowFileBatches() = default;

  /// Reads the footer of `file`, which stays open as long as this.
  static Result<std::unique_ptr<ArrowFileBatches>> Open(std::shared_ptr<const NamelessFile> file);

  [[nodiscard]] virtual const std::shared_ptr<arrow::Schema>& schema() const = 0;
  [[nodiscard]] virtual int count() const = 0;

  /// Of all batches. Reads the header of each.
  virtual Result<int64_t> CountRows() = 0;

  /// The batch `index`, from 0.
  virtual Result<std::shared_ptr<arrow::RecordBatch>> Read(int index) = 0;
};

}  // namespace arrowport::stream
