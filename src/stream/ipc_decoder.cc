#include "stream/ipc_decoder.h"

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <arrow/buffer.h>

#include "base/error.h"
#include "base/limits.h"
#include "stream/ipc_message.h"
#include "stream/ipc_messages.h"

namespace arrowport::stream {
namespace {

constexpr size_t kWordBytes = sizeof(int32_t);

// What a first word that starts no stream is the start of.
std::optional<std::string_view> OtherFormat(std::string_view word) {
  if (word == "ARRO") {
    return "this is an Arrow file; over HTTP say so (Content-Type: "
           "application/vnd.apache.arrow.file), "
           "or send it as an Arrow stream (pyarrow: ipc.new_stream)";
  }
  if (word == "PAR1")
    return "this is a Parquet file; over HTTP say so (Content-Type: "
           "application/vnd.apache.parquet), "
           "or send its rows as an Arrow stream";
  if (word.starts_with("\x1f\x8b"))
    return "this is gzip; over HTTP say so (Content-Encoding), or send the Arrow stream itself";
  if (word == "\x28\xb5\x2f\xfd")
    return "this is zstd; over HTTP say so (Content-Encoding), or send the Arrow stream itself";
  return std::nullopt;
}

}  // namespace

class IpcDecoder::Impl {
 public:
  explicit Impl(const IpcDecoderOptions& options) : messages_(options) {}

  Result<std::span<uint8_t>> Prepare() {
    ARROW_RETURN_NOT_OK(failure_);
    return Rest();
  }

  Status Commit(size_t bytes) {
    ARROW_RETURN_NOT_OK(failure_);
    if (bytes > Rest().size()) {
      return Fail(MakeError(ErrorKind::kInternal, "more bytes were committed than prepared"));
    }
    filled_ += bytes;
    bytes_read_ += static_cast<int64_t>(bytes);
    if (bytes == 0 || !Rest().empty()) return Status::OK();
    return Fail(PartIsFull());
  }

  Status Finish() const {
    ARROW_RETURN_NOT_OK(failure_);
    if (bytes_read_ == 0) {
      return Located(MakeError(ErrorKind::kInvalidInput,
                               "there are no bytes; a stream has at least a schema"));
    }
    if (part_ != Part::kEnd) {
      return Located(MakeError(
          ErrorKind::kInvalidInput,
          "the stream ends without its end-of-stream marker, so it may be cut short; close the "
          "writer before the source"));
    }
    return Status::OK();
  }

  const std::shared_ptr<arrow::Schema>& schema() const { return messages_.schema(); }
  std::shared_ptr<arrow::RecordBatch> TakeBatch() { return messages_.TakeBatch(); }
  bool at_end() const { return part_ == Part::kEnd; }
  size_t part_bytes() const {
    return buffer_ == nullptr ? kWordBytes : static_cast<size_t>(buffer_->size());
  }
  int64_t bytes_read() const { return bytes_read_; }

 private:
  // The parts of a message in their order; the prefix is missing in streams of before Arrow 0.15.
  enum class Part { kPrefix, kLength, kMetadata, kBody, kEnd };

  // What is missing of the current part.
  std::span<uint8_t> Rest() {
    if (part_ == Part::kEnd) return {};
    if (buffer_ != nullptr) {
      return {buffer_->mutable_data() + filled_, static_cast<size_t>(buffer_->size()) - filled_};
    }
    return std::span(word_).subspan(filled_);
  }

  Status PartIsFull() {
    filled_ = 0;
    switch (part_) {
      case Part::kPrefix:
      case Part::kLength:
        return WordIsFull();
      case Part::kMetadata:
        return MetadataIsFull(std::exchange(buffer_, nullptr));
      case Part::kBody:
        return BodyIsFull(std::exchange(buffer_, nullptr));
      case Part::kEnd:
        break;
    }
    return Status::OK();
  }

  Status WordIsFull() {
    int32_t word = 0;
    std::memcpy(&word, word_.data(), kWordBytes);
    if (part_ == Part::kPrefix && word != kIpcContinuation && schema() == nullptr) {
      ARROW_RETURN_NOT_OK(CheckFirstWord(word));
    }
    if (word < 0 && (part_ == Part::kLength || word != kIpcContinuation)) {
      return MakeError(ErrorKind::kInvalidInput,
                       "a message starts with neither a continuation "
                       "marker nor the length of its header");
    }
    if (word > limits::kIpcMetadataBytesMax) {
      return MakeError(ErrorKind::kTooLarge, "a message announces a header of " +
                                                 std::to_string(word) + " bytes; the limit is " +
                                                 std::to_string(limits::kIpcMetadataBytesMax));
    }
    if (word == 0) {
      // A decoder at its end takes no more bytes, so whoever reads on until there is a schema would
      // read for ever.
      if (schema() == nullptr) {
        return MakeError(ErrorKind::kInvalidInput, "the stream ends before its schema");
      }
      part_ = Part::kEnd;
    } else if (word == kIpcContinuation) {
      part_ = Part::kLength;
    } else {
      ARROW_ASSIGN_OR_RAISE(buffer_, arrow::AllocateBuffer(word));
      part_ = Part::kMetadata;
    }
    return Status::OK();
  }

  static Status CheckFirstWord(int32_t word) {
    std::array<char, kWordBytes> letters{};
    std::memcpy(letters.data(), &word, kWordBytes);
    const auto other = OtherFormat({letters.data(), letters.size()});
    if (other.has_value()) return MakeError(ErrorKind::kUnsupportedMedia, std::string(*other));
    if (word < 0 || word > limits::kIpcMetadataBytesMax) {
      return MakeError(ErrorKind::kUnsupportedMedia,
                       "these bytes are not an Arrow IPC stream, which starts with FF FF FF FF");
    }
    return Status::OK();
  }

  Status MetadataIsFull(std::shared_ptr<arrow::Buffer> header) {
    ARROW_ASSIGN_OR_RAISE(const int64_t body_bytes, messages_.TakeHeader(std::move(header)));
    part_ = body_bytes == 0 ? Part::kPrefix : Part::kBody;
    // Memory that nothing was written to yet costs no more than address space, so a client that
    // announces a large body and sends none of it holds none.
    if (body_bytes > 0) {
      ARROW_ASSIGN_OR_RAISE(buffer_, arrow::AllocateBuffer(body_bytes));
    }
    return Status::OK();
  }

  Status BodyIsFull(const std::shared_ptr<arrow::Buffer>& body) {
    part_ = Part::kPrefix;
    return messages_.TakeBody(body);
  }

  Status Located(const Status& status) const {
    return WithContext("Arrow stream at byte " + std::to_string(bytes_read_) + ", after " +
                           std::to_string(messages_.batches_decoded()) + " batches",
                       status);
  }

  Status Fail(const Status& status) {
    if (status.ok()) return status;
    failure_ = Located(status);
    return failure_;
  }

  IpcMessages messages_;
  Status failure_;
  int64_t bytes_read_ = 0;

  // The part that is being filled: a word, or a buffer that batches will keep.
  Part part_ = Part::kPrefix;
  std::array<uint8_t, kWordBytes> word_{};
  std::shared_ptr<arrow::Buffer> buffer_;
  size_t filled_ = 0;
};

IpcDecoder::IpcDecoder(const IpcDecoderOptions& options) : impl_(std::make_unique<Impl>(options)) {}
IpcDecoder::~IpcDecoder() = default;
IpcDecoder::IpcDecoder(IpcDecoder&&) noexcept = default;
IpcDecoder& IpcDecoder::operator=(IpcDecoder&&) noexcept = default;

Result<std::span<uint8_t>> IpcDecoder::Prepare() { return impl_->Prepare(); }
size_t IpcDecoder::part_bytes() const { return impl_->part_bytes(); }
Status IpcDecoder::Commit(size_t bytes) { return impl_->Commit(bytes); }
const std::shared_ptr<arrow::Schema>& IpcDecoder::schema() const { return impl_->schema(); }
std::shared_ptr<arrow::RecordBatch> IpcDecoder::TakeBatch() { return impl_->TakeBatch(); }
bool IpcDecoder::at_end() const { return impl_->at_end(); }
Status IpcDecoder::Finish() const { return impl_->Finish(); }
int64_t IpcDecoder::bytes_read() const { return impl_->bytes_read(); }

}  // namespace arrowport::stream
