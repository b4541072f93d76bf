#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include <arrow/buffer.h>
#include <arrow/ipc/reader.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/bounded_queue.h"
#include "base/error.h"
#include "base/limits.h"
#include "stream/dictionary_ledger.h"
#include "stream/incoming_memory.h"

namespace arrowport::stream {

struct MessageDecoderOptions {
  /// Of one message: all of its buffers together when decompressed. Also of all dictionaries that
  /// the stream has in use at once.
  int64_t message_bytes_max = kGiB;
};

/// Makes batches of the messages of one IPC stream, which IpcMessages has looked at
/// with ReadIpcMessage. Every schema and batch is validated before it is handed out.
///
/// Arrow's StreamDecoder keeps dictionaries and turns big-endian numbers around. Without either, as
/// most streams are, each batch is read by itself, which saves a quarter of the time of a put of
/// one row. Failures are Arrow's as they come.
///
/// What is unpacked takes memory of IncomingMemory::OfProcess(), which is asked for before: with
/// AskForMemory by who can wait for it, else by Take.
class MessageDecoder {
 public:
  explicit MessageDecoder(const MessageDecoderOptions& options = {});
  ~MessageDecoder();

  /// Whether `header` is of a schema that came lately; then it is this stream's schema.
  bool TakeKnownSchema(const arrow::Buffer& header);

  /// The first message of the stream, when it was not known.
  Status TakeSchema(const std::shared_ptr<arrow::Buffer>& header);

  /// Asks for the memory that Take will need for the same message. kReady: it is there, or none is
  /// needed. kWait: `wake` will be called once, and then this is to be asked again. kClosed: Take
  /// will fail and tell why.
  QueueState AskForMemory(const arrow::Buffer& header, const arrow::Buffer* body,
                          IncomingMemory::Wake wake);

  /// Bytes of that memory; 0 of a message that is not compressed.
  static int64_t BytesWanted(const arrow::Buffer& header, const arrow::Buffer* body);

  /// A batch or a dictionary, of which `body` has all bytes; null when it has none. kTooLarge for
  /// one that unpacks to more than may be, kOverloaded where what others send has the memory.
  Status Take(const std::shared_ptr<arrow::Buffer>& header,
              const std::shared_ptr<arrow::Buffer>& body);

  /// Null before the first message.
  [[nodiscard]] const std::shared_ptr<arrow::Schema>& schema() const { return schema_; }

  /// The oldest batch that was not taken yet, or null.
  std::shared_ptr<arrow::RecordBatch> TakeBatch();

  [[nodiscard]] int64_t batches_decoded() const;

 private:
  class Collector;

  Status HaveMemory(const arrow::Buffer& header, const arrow::Buffer* body);
  Status Decode(const std::shared_ptr<arrow::Buffer>& header,
                const std::shared_ptr<arrow::Buffer>& body);
  Status Consume(const std::shared_ptr<arrow::Buffer>& header,
                 const std::shared_ptr<arrow::Buffer>& body);
  Status ReadBatch(const std::shared_ptr<arrow::Buffer>& header,
                   std::shared_ptr<arrow::Buffer> body);

  // Constant after construction.
  const MessageDecoderOptions options_;
  const std::shared_ptr<Collector> collector_;

  IncomingMemory::Grant grant_{IncomingMemory::OfProcess()};
  DictionaryLedger ledger_;
  std::shared_ptr<arrow::Schema> schema_;
  std::optional<arrow::ipc::StreamDecoder> decoder_;  // Of a stream that needs it.
};

}  // namespace arrowport::stream
