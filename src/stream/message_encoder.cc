#include "stream/message_encoder.h"

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include <arrow/buffer.h>
#include <arrow/ipc/options.h>
#include <arrow/ipc/writer.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/error.h"
#include "stream/arrow_encoder.h"
#include "stream/batch_encoder.h"

namespace arrowport::stream {
namespace {

constexpr int64_t kPadding = 8;

}  // namespace

/// Keeps what a writer of Arrow's makes.
class MessageEncoder::Messages final : public arrow::ipc::internal::IpcPayloadWriter {
 public:
  explicit Messages(std::vector<EncodedMessage>& messages) : messages_(messages) {}

  Status WritePayload(const arrow::ipc::IpcPayload& payload) override {
    static const auto kZeros = std::make_shared<arrow::Buffer>(
        reinterpret_cast<const uint8_t*>("\0\0\0\0\0\0\0"), kPadding - 1);
    EncodedMessage& message = messages_.emplace_back();
    message.header = payload.metadata;
    message.body_bytes = payload.body_length;
    for (const auto& buffer : payload.body_buffers) {
      if (buffer == nullptr || buffer->size() == 0) continue;
      message.body.push_back(buffer);
      const int64_t padding = (kPadding - buffer->size() % kPadding) % kPadding;
      if (padding > 0) message.body.push_back(arrow::SliceBuffer(kZeros, 0, padding));
    }
    return Status::OK();
  }

  Status Close() override { return Status::OK(); }

 private:
  std::vector<EncodedMessage>& messages_;
};

class MessageEncoder::Impl {
 public:
  Impl(arrow::ipc::IpcWriteOptions options, std::shared_ptr<arrow::Schema> schema)
      : options_(std::move(options)), schema_(std::move(schema)) {}

  Status Open() {
    return arrow::ipc::internal::OpenRecordBatchWriter(std::make_unique<Messages>(messages_),
                                                       schema_, options_)
        .Value(&writer_);
  }

  Status Write(const arrow::RecordBatch& batch) {
    if (writer_ == nullptr) return MakeError(ErrorKind::kInternal, "a batch before the schema");
    return writer_->WriteRecordBatch(batch);
  }

  std::vector<EncodedMessage> Take() { return std::exchange(messages_, {}); }

 private:
  // Constant after construction.
  const arrow::ipc::IpcWriteOptions options_;
  const std::shared_ptr<arrow::Schema> schema_;

  std::vector<EncodedMessage> messages_;
  std::unique_ptr<arrow::ipc::RecordBatchWriter> writer_;
};

Result<std::unique_ptr<MessageEncoder>> MessageEncoder::Make(
    Compression compression, std::shared_ptr<arrow::Schema> schema) {
  ARROW_ASSIGN_OR_RAISE(auto options, WriteOptionsOf({.compression = compression}));
  return std::unique_ptr<MessageEncoder>(
      new MessageEncoder(std::make_unique<Impl>(std::move(options), std::move(schema))));
}

MessageEncoder::MessageEncoder(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
MessageEncoder::~MessageEncoder() = default;

Result<EncodedMessage> MessageEncoder::EncodeSchema() {
  ARROW_RETURN_NOT_OK(impl_->Open());
  return std::move(impl_->Take().front());
}

Result<std::vector<EncodedMessage>> MessageEncoder::Encode(const arrow::RecordBatch& batch) {
  ARROW_RETURN_NOT_OK(impl_->Write(batch));
  return impl_->Take();
}

}  // namespace arrowport::stream
