#pragma once

#include <cstdint>
#include <memory>

#include <arrow/buffer.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/bounded_queue.h"
#include "base/error.h"
#include "base/limits.h"
#include "stream/incoming_memory.h"
#include "stream/ipc_message.h"

namespace arrowport::stream {

class MessageDecoder;

struct IpcMessagesOptions {
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
  explicit IpcMessages(const IpcMessagesOptions& options);
  ~IpcMessages();

  /// The header of the next message, without what stands before it in a stream. A message without a
  /// body is decoded at once.
  /// \return the bytes of its body.
  Result<int64_t> TakeHeader(std::shared_ptr<arrow::Buffer> header);

  /// Asks for the memory that TakeBody will need for that body: none but where it is compressed.
  /// kReady: it is there. kWait: `wake` will be called once, and then this is to be asked again.
  /// kClosed: TakeBody will fail and tell why.
  QueueState AskForMemory(const arrow::Buffer& body, IncomingMemory::Wake wake);

  /// Bytes of that memory, which TakeBody fills.
  [[nodiscard]] int64_t BytesWanted(const arrow::Buffer& body) const;

  /// The body that TakeHeader asked for, and decodes the message, which takes as long as reading
  /// it, and longer when it is compressed. kOverloaded where others have the memory that it needs.
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
  const IpcMessagesOptions options_;
  const std::unique_ptr<MessageDecoder> decoder_;

  // The message whose body is to come.
  IpcMessage message_;
  std::shared_ptr<arrow::Buffer> header_;
};

}  // namespace arrowport::stream
