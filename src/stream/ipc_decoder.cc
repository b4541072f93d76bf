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

#include "base/bounded_queue.h"
#include "base/error.h"
#include "base/limits.h"
#include "stream/allocation_budget.h"
#include "stream/incoming_memory.h"
#include "stream/ipc_message.h"
#include "stream/ipc_messages.h"

namespace arrowport::stream {
namespace {

constexpr size_t kWordBytes = sizeof(int32_t);

// What Arrow allocates besides for a body.
constexpr int64_t kPaddingBytesMax = 64;

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
  explicit Impl(const IpcDecoderOptions& options)
      : options_(options), messages_({.message_bytes_max = options.message_bytes_max}) {}

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

  bool WaitsForMemory() const {
    return part_ == Part::kMemoryOfBody || part_ == Part::kMemoryToUnpack;
  }

  int64_t bytes_wanted() const {
    if (part_ == Part::kMemoryOfBody) return BodyMemory();
    return part_ == Part::kMemoryToUnpack ? messages_.BytesWanted(*buffer_) : 0;
  }

  QueueState AskForMemory(IncomingMemory::Wake wake) {
    if (part_ == Part::kMemoryOfBody) return body_grant_.Ask(BodyMemory(), std::move(wake));
    if (part_ != Part::kMemoryToUnpack) return QueueState::kReady;
    return messages_.AskForMemory(*buffer_, std::move(wake));
  }

  Status GoOn() {
    ARROW_RETURN_NOT_OK(failure_);
    if (!WaitsForMemory()) return Status::OK();
    return Fail(part_ == Part::kMemoryOfBody ? BeginBody() : DecodeBody());
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
  // Where memory is waited for, nothing is read.
  enum class Part {
    kPrefix,
    kLength,
    kMetadata,
    kMemoryOfBody,
    kBody,
    kMemoryToUnpack,
    kEnd,
  };

  // What is missing of the current part.
  std::span<uint8_t> Rest() {
    if (part_ == Part::kEnd || WaitsForMemory()) return {};
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
        return BodyIsFull();
      case Part::kMemoryOfBody:
      case Part::kMemoryToUnpack:
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
    ARROW_ASSIGN_OR_RAISE(body_bytes_, messages_.TakeHeader(std::move(header)));
    part_ = body_bytes_ == 0 ? Part::kPrefix : Part::kMemoryOfBody;
    const bool waits = options_.is_unpacked && options_.caller_waits;
    return body_bytes_ == 0 || waits ? Status::OK() : BeginBody();
  }

  Status BeginBody() {
    if (options_.is_unpacked) {
      // A small body may stand for a large one, so this one is not only what its client has sent.
      ARROW_RETURN_NOT_OK(body_grant_.AskNow(BodyMemory()));
      const AllocationBudget budget(BodyMemory(), &body_grant_);
      ARROW_ASSIGN_OR_RAISE(buffer_, arrow::AllocateBuffer(body_bytes_, BudgetedMemoryPool()));
      body_grant_.GiveBack();
    } else {
      // Memory that nothing was written to yet costs no more than address space, so a client that
      // announces a large body and sends none of it holds none.
      ARROW_ASSIGN_OR_RAISE(buffer_, arrow::AllocateBuffer(body_bytes_));
    }
    part_ = Part::kBody;
    return Status::OK();
  }

  [[nodiscard]] int64_t BodyMemory() const { return body_bytes_ + kPaddingBytesMax; }

  Status BodyIsFull() {
    part_ = Part::kMemoryToUnpack;
    return options_.caller_waits && bytes_wanted() > 0 ? Status::OK() : DecodeBody();
  }

  Status DecodeBody() {
    part_ = Part::kPrefix;
    return messages_.TakeBody(std::exchange(buffer_, nullptr));
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

  // Constant after construction.
  const IpcDecoderOptions options_;

  IpcMessages messages_;
  IncomingMemory::Grant body_grant_{IncomingMemory::OfProcess()};
  Status failure_;
  int64_t bytes_read_ = 0;

  // The part that is being filled: a word, or a buffer that batches will keep.
  Part part_ = Part::kPrefix;
  std::array<uint8_t, kWordBytes> word_{};
  std::shared_ptr<arrow::Buffer> buffer_;
  size_t filled_ = 0;
  int64_t body_bytes_ = 0;  // Of the message that is being read.
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
bool IpcDecoder::WaitsForMemory() const { return impl_->WaitsForMemory(); }
QueueState IpcDecoder::AskForMemory(IncomingMemory::Wake wake) {
  return impl_->AskForMemory(std::move(wake));
}
int64_t IpcDecoder::bytes_wanted() const { return impl_->bytes_wanted(); }
Status IpcDecoder::GoOn() { return impl_->GoOn(); }
bool IpcDecoder::at_end() const { return impl_->at_end(); }
Status IpcDecoder::Finish() const { return impl_->Finish(); }
int64_t IpcDecoder::bytes_read() const { return impl_->bytes_read(); }

}  // namespace arrowport::stream
