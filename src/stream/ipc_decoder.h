#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/bounded_queue.h"
#include "base/error.h"
#include "base/limits.h"
#include "stream/incoming_memory.h"

namespace arrowport::stream {

struct IpcDecoderOptions {
  /// Bytes of one message: its body, and all of its buffers together when decompressed. Also of
  /// all dictionaries that the stream has in use at once.
  int64_t message_bytes_max = kGiB;
  /// Whether the caller waits for memory, see WaitsForMemory. Otherwise a message that unpacks to
  /// more than there is room for is refused (kOverloaded).
  bool caller_waits = false;
  /// Whether the bytes are unpacked from something smaller, so that message bodies count as memory
  /// of IncomingMemory, too.
  bool is_unpacked = false;
};

/// Turns the bytes of an Arrow IPC stream into batches as they arrive, without a thread and, for
/// bodies without compression, without a copy: the caller reads its socket into the memory that the
/// batch will keep.
///
///     while (more) {
///       ARROW_ASSIGN_OR_RAISE(auto space, decoder.Prepare());
///       ARROW_RETURN_NOT_OK(decoder.Commit(socket.Read(space)));
///       while (auto batch = decoder.TakeBatch()) …
///     }
///     ARROW_RETURN_NOT_OK(decoder.Finish());
///
/// Format: https://arrow.apache.org/docs/format/Columnar.html#ipc-streaming-format, with LZ4 or
/// ZSTD buffers, dictionaries with deltas and replacements. Every schema and batch is validated
/// (`stream/validate.h`) before it is handed out. One thread at a time.
class IpcDecoder {
 public:
  explicit IpcDecoder(const IpcDecoderOptions& options);
  ~IpcDecoder();
  IpcDecoder(IpcDecoder&&) noexcept;
  IpcDecoder& operator=(IpcDecoder&&) noexcept;

  /// Memory for the next bytes of the stream: what is missing of the current message part. Empty
  /// after the end-of-stream marker. kTooLarge when the stream announces more than the limit.
  Result<std::span<uint8_t>> Prepare();

  /// Bytes of the whole message part that Prepare gives the rest of. The Commit that fills it
  /// decodes it, which takes as long as reading it, and longer when it is compressed.
  [[nodiscard]] size_t part_bytes() const;

  /// Says that the first `bytes` of what Prepare gave are filled. On an error the decoder is done:
  /// kInvalidInput also for a stream that ends before its schema, so that one at its end has one.
  Status Commit(size_t bytes);

  /// Whether the decoder goes on only with memory that AskForMemory has to get: to unpack the
  /// message that was read, or to read one that is unpacked already. Until then Prepare gives none.
  [[nodiscard]] bool WaitsForMemory() const;

  /// kReady: GoOn has what it needs. kWait: `wake` will be called once, and then this is to be
  /// asked again. kClosed: GoOn will tell why.
  QueueState AskForMemory(IncomingMemory::Wake wake);

  /// Bytes of the memory that is waited for, which GoOn fills.
  [[nodiscard]] int64_t bytes_wanted() const;

  /// Decodes what waited for memory.
  Status GoOn();

  /// The schema, once it was read; null before.
  [[nodiscard]] const std::shared_ptr<arrow::Schema>& schema() const;

  /// The oldest batch that was not taken yet, or null.
  std::shared_ptr<arrow::RecordBatch> TakeBatch();

  /// Whether the end-of-stream marker was read.
  [[nodiscard]] bool at_end() const;

  /// To be called when the source has no more bytes: kInvalidInput, with the place, for a stream
  /// without schema or that lacks its end-of-stream marker (a truncated one may well end between
  /// two batches).
  [[nodiscard]] Status Finish() const;

  /// Bytes committed so far.
  [[nodiscard]] int64_t bytes_read() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace arrowport::stream
