#include "stream/ipc_messages.h"

#include <cstdint>
#include <exception>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include <arrow/buffer.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/bounded_queue.h"
#include "base/error.h"
#include "stream/decode_failure.h"
#include "stream/incoming_memory.h"
#include "stream/ipc_message.h"
#include "stream/message_decoder.h"

namespace arrowport::stream {
namespace {

// What Arrow's reader throws, or says in its own words.
template <typename Work>
auto Guarded(const Work& work) -> decltype(work()) {
  try {
    auto done = work();
    if constexpr (std::is_same_v<decltype(done), Status>) {
      return AsDecodeFailure(done);
    } else {
      if (!done.ok()) return AsDecodeFailure(done.status());
      return done;
    }
  } catch (const std::bad_alloc&) {
    return MakeError(ErrorKind::kOutOfMemory, "there is no memory to decode a message");
  } catch (const std::exception& error) {
    return MakeError(ErrorKind::kInvalidInput, error.what());
  }
}

}  // namespace

IpcMessages::IpcMessages(const IpcMessagesOptions& options)
    : options_(options),
      decoder_(std::make_unique<MessageDecoder>(
          MessageDecoderOptions{.message_bytes_max = options.message_bytes_max})) {}

IpcMessages::~IpcMessages() = default;

const std::shared_ptr<arrow::Schema>& IpcMessages::schema() const { return decoder_->schema(); }

std::shared_ptr<arrow::RecordBatch> IpcMessages::TakeBatch() { return decoder_->TakeBatch(); }

int64_t IpcMessages::batches_decoded() const { return decoder_->batches_decoded(); }

Result<int64_t> IpcMessages::TakeHeader(std::shared_ptr<arrow::Buffer> header) {
  return Guarded([&] { return BeginMessage(std::move(header)); });
}

Status IpcMessages::TakeBody(const std::shared_ptr<arrow::Buffer>& body) {
  return Guarded([&] { return Decode(body); });
}

Result<int64_t> IpcMessages::BeginMessage(std::shared_ptr<arrow::Buffer> header) {
  const bool is_first = schema() == nullptr;
  if (is_first && decoder_->TakeKnownSchema(*header)) return 0;
  ARROW_ASSIGN_OR_RAISE(message_,
                        ReadIpcMessage({header->data(), static_cast<size_t>(header->size())},
                                       options_.message_bytes_max));
  if (is_first != (message_.kind == IpcMessageKind::kSchema)) {
    return MakeError(ErrorKind::kInvalidInput, is_first
                                                   ? "the stream does not start with a schema"
                                                   : "there is a second schema within the stream");
  }
  if (is_first && message_.body_bytes != 0) {
    return MakeError(ErrorKind::kInvalidInput, "the schema message has a body");
  }
  header_ = std::move(header);
  if (message_.body_bytes == 0) {
    ARROW_RETURN_NOT_OK(Decode(nullptr));
  }
  return message_.body_bytes;
}

Status IpcMessages::Decode(const std::shared_ptr<arrow::Buffer>& body) {
  const auto header = std::exchange(header_, nullptr);
  if (message_.kind == IpcMessageKind::kSchema) return decoder_->TakeSchema(header);
  return decoder_->Take(header, body);
}

QueueState IpcMessages::AskForMemory(const arrow::Buffer& body, IncomingMemory::Wake wake) {
  return decoder_->AskForMemory(*header_, &body, std::move(wake));
}

int64_t IpcMessages::BytesWanted(const arrow::Buffer& body) const {
  return MessageDecoder::BytesWanted(*header_, &body);
}

}  // namespace arrowport::stream
