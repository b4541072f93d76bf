#pragma once

#include <cstdint>
#include <memory>

#include <arrow/buffer.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/error.h"
#include "base/limits.h"
#include "stream/dictionary_ledger.h"
#include "stream/ipc_message.h"

namespace arrowport::stream {

class MessageDecoder;

struct IpcDecoderOptions {
  /// Bytes of one message: its body, and all of its buffers together when decompressed. Also of
  /// all dictionaries that the stream has in use at once.
  int64_t message_bytes_max = kGiB;
};

/// Turns the messages of an Arrow IPC stream into batches, whoever finds where each begins and
/// ends: IpcDecoder in a row of bytes, Flight by its own messages.
///
/// Each header is looked at before anything is made of it, and bounds what the body may take; every
/// schema and batch is validated (`stream/validate.h`) before it is handed out. After a failure
/// nothing more may be given. One thread at a time.
class IpcMessages {
 public:
  explicit IpcMessages(const IpcDecoderOptions& options);
  ~IpcMessages();

  /// The header of the next message, without what stands before it in a stream. A message without a
  /// body is decoded at once.
  /// \return the bytes of its body.
  Result<int64_t> TakeHeader(std::shared_ptr<arrow::Buffer> header);

  /// The body that TakeHeader asked for, and decodes the message, which takes as long as reading
  /// it, and longer when it is compressed.
  Status TakeBody(const std::shared_ptr<arrow::Buffer>& body);

  /// The schema, once it was read; null before.
  [[nodiscard]] const std::shared_ptr<arrow::Schema>& schema() const;

  /// The oldest batch that was not taken yet, or null.
  std::shared_ptr<arrow::RecordBatch> TakeBatch();

  [[nodiscard]] int64_t batches_decoded() const;

 private:
  Result<int64_t> BeginMessage(std::shared_ptr<arrow::Buffer> header);
  Status Decode(const std::shared_ptr<arrow::Buffer>& body);

  // Constant after construction.
  const IpcDecoderOptions options_;

  const std::unique_ptr<MessageDecoder> decoder_;
  DictionaryLedger ledger_;

  // The message whose body is to come.
  IpcMessage message_;
  std::shared_ptr<arrow::Buffer> header_;
};

}  // namespace arrowport::stream
