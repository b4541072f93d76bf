#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include <arrow/buffer.h>
#include <arrow/ipc/reader.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/error.h"

namespace arrowport::stream {

/// Makes batches of the messages of one IPC stream, which IpcDecoder collects and has looked at
/// with ReadIpcMessage. Every schema and batch is validated before it is handed out.
///
/// Arrow's StreamDecoder keeps dictionaries and turns big-endian numbers around. Without either, as
/// most streams are, each batch is read by itself, which saves a quarter of the time of a put of
/// one row. Failures are Arrow's as they come.
class MessageDecoder {
 public:
  MessageDecoder();
  ~MessageDecoder();

  /// Whether `header` is of a schema that came lately; then it is this stream's schema.
  bool TakeKnownSchema(const arrow::Buffer& header);

  /// The first message of the stream, when it was not known.
  Status TakeSchema(const std::shared_ptr<arrow::Buffer>& header);

  /// A batch or a dictionary, of which `body` has all bytes; null when it has none.
  Status Take(const std::shared_ptr<arrow::Buffer>& header,
              const std::shared_ptr<arrow::Buffer>& body);

  /// Null before the first message.
  [[nodiscard]] const std::shared_ptr<arrow::Schema>& schema() const { return schema_; }

  /// The oldest batch that was not taken yet, or null.
  std::shared_ptr<arrow::RecordBatch> TakeBatch();

  [[nodiscard]] int64_t batches_decoded() const;

 private:
  class Collector;

  Status Consume(const std::shared_ptr<arrow::Buffer>& header,
                 const std::shared_ptr<arrow::Buffer>& body);
  Status ReadBatch(const std::shared_ptr<arrow::Buffer>& header,
                   std::shared_ptr<arrow::Buffer> body);

  const std::shared_ptr<Collector> collector_;  // Constant after construction.

  std::shared_ptr<arrow::Schema> schema_;
  std::optional<arrow::ipc::StreamDecoder> decoder_;  // Of a stream that needs it.
};

}  // namespace arrowport::stream
