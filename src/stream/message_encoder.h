#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <arrow/buffer.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/error.h"
#include "stream/batch_encoder.h"

namespace arrowport::stream {

/// One message of an IPC stream in its two parts
/// (https://arrow.apache.org/docs/format/Columnar.html#encapsulated-message-format), for transports
/// that have a way of their own to say where each ends.
struct EncodedMessage {
  std::shared_ptr<arrow::Buffer> header;  ///< The FlatBuffer.
  Buffers body;                           ///< Shared with the batch, and padded.
  int64_t body_bytes = 0;
};

/// Turns batches of one schema into the messages of a stream, in the way of MakeArrowEncoder: what
/// goes out as it is, what is compressed, and by whom. One thread at a time.
class MessageEncoder {
 public:
  static Result<std::unique_ptr<MessageEncoder>> Make(Compression compression,
                                                      std::shared_ptr<arrow::Schema> schema);
  ~MessageEncoder();

  /// Once, first.
  Result<EncodedMessage> EncodeSchema();

  /// A batch, behind the dictionaries that it needs and that were not sent before.
  Result<std::vector<EncodedMessage>> Encode(const arrow::RecordBatch& batch);

 private:
  class Messages;
  class Impl;
  explicit MessageEncoder(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace arrowport::stream
