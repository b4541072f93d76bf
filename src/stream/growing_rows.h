#pragma once

#include <memory>
#include <string_view>

#include <arrow/record_batch.h>

#include "base/error.h"
#include "stream/file.h"

namespace arrowport::stream {

/// Turns the bytes of a file that is still being written into batches: whole lines of NDJSON, or
/// whole messages of an Arrow stream. What is not whole yet waits. One thread at a time.
class GrowingRows {
 public:
  virtual ~GrowingRows() = default;

  /// For kNdjson and kArrowStream.
  ///
  /// Of NDJSON, the types are inferred from the rows of the first Add and are kept as long as the
  /// values allow: whole numbers become fractions, and times texts, from where such come on. A
  /// column that comes later is added, and one that has only nulls at first is text.
  static Result<std::unique_ptr<GrowingRows>> Make(FileFormat format);

  /// Takes the next bytes of the file. On an error nothing more can be added.
  virtual Status Add(std::string_view bytes) = 0;

  /// The oldest batch that was not taken yet, or null.
  virtual std::shared_ptr<arrow::RecordBatch> TakeBatch() = 0;

  /// Whether the file says that nothing comes any more, as an Arrow stream does.
  [[nodiscard]] virtual bool at_end() const = 0;
};

}  // namespace arrowport::stream
