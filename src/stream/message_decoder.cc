#include "stream/message_decoder.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include <arrow/buffer.h>
#include <arrow/ipc/dictionary.h>
#include <arrow/ipc/message.h>
#include <arrow/ipc/options.h>
#include <arrow/ipc/reader.h>
#include <arrow/util/align_util.h>

#include "base/bounded_queue.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/written_out.h"
#include "stream/allocation_budget.h"
#include "stream/dictionary_ledger.h"
#include "stream/incoming_memory.h"
#include "stream/ipc_message.h"
#include "stream/schema_memory.h"
#include "stream/validate.h"

namespace arrowport::stream {
namespace {

arrow::ipc::IpcReadOptions ReadOptions() {
  auto options = arrow::ipc::IpcReadOptions::Defaults();
  options.max_recursion_depth = limits::kSchemaDepthMax + 1;
  options.memory_pool = BudgetedMemoryPool();
  // The budget is the thread's, so the work has to stay on it.
  options.use_threads = false;
  // Bodies are aligned and the format keeps buffers at multiples of eight, which suits every type.
  // Arrow would align before anything is validated and counts nulls on the way: past the end of a
  // bitmap that is too short. It is made sure of after validation.
  options.ensure_alignment = arrow::ipc::Alignment::kAnyAlignment;
  return options;
}

// Of every buffer, as the format has it. Arrow's kValueAlignment forgets some: the offsets of maps,
// the sizes of list views.
constexpr int64_t kBufferAlignment = 8;

SchemaMemory& LatelySeen() {
  static SchemaMemory memory;
  return memory;
}

std::span<const uint8_t> BytesOf(const arrow::Buffer& buffer) {
  return {buffer.data(), static_cast<size_t>(buffer.size())};
}

// What Arrow makes of a header is held against what ReadIpcMessage made of it.
Status ReadInTwoWays() {
  return MakeError(ErrorKind::kInvalidInput, "a message header can be read in two ways");
}

}  // namespace

/// Validates batches, and keeps them until they are taken.
class MessageDecoder::Collector final : public arrow::ipc::Listener {
 public:
  explicit Collector(int64_t written_out_max) : written_out_max_(written_out_max) {}

  Status OnRecordBatchDecoded(std::shared_ptr<arrow::RecordBatch> batch) override {
    ARROW_ASSIGN_OR_RAISE(batch, WithOwnDictionaries(std::move(batch)));
    ARROW_RETURN_NOT_OK(validator_.Validate(*batch, batches_decoded_));
    ARROW_ASSIGN_OR_RAISE(batch, arrow::util::EnsureAlignment(std::move(batch), kBufferAlignment,
                                                              BudgetedMemoryPool()));
    ARROW_RETURN_NOT_OK(CheckWrittenOut(
        *batch, std::min(written_out_max_, IncomingMemory::OfProcess().bytes_max())));
    ++batches_decoded_;
    batches_.push_back(std::move(batch));
    return Status::OK();
  }

  std::shared_ptr<arrow::RecordBatch> Take() {
    if (batches_.empty()) return nullptr;
    auto batch = std::move(batches_.front());
    batches_.pop_front();
    return batch;
  }

  [[nodiscard]] int64_t batches_decoded() const { return batches_decoded_; }

 private:
  const int64_t written_out_max_;
  BatchValidator validator_;
  std::deque<std::shared_ptr<arrow::RecordBatch>> batches_;
  int64_t batches_decoded_ = 0;
};

MessageDecoder::MessageDecoder(const MessageDecoderOptions& options)
    : options_(options),
      collector_(std::make_shared<Collector>(options.message_bytes_max)),
      ledger_(options.message_bytes_max) {}
MessageDecoder::~MessageDecoder() = default;

bool MessageDecoder::TakeKnownSchema(const arrow::Buffer& header) {
  schema_ = LatelySeen().Find(std::string_view(header));
  return schema_ != nullptr;
}

Status MessageDecoder::TakeSchema(const std::shared_ptr<arrow::Buffer>& header) {
  ARROW_ASSIGN_OR_RAISE(const auto message, arrow::ipc::Message::Open(header, nullptr));
  arrow::ipc::DictionaryMemo dictionaries;
  ARROW_ASSIGN_OR_RAISE(auto schema, arrow::ipc::ReadSchema(*message, &dictionaries));
  const bool is_plain = dictionaries.fields().num_fields() == 0 && schema->is_native_endian();
  if (!is_plain) {
    decoder_.emplace(collector_, ReadOptions());
    ARROW_RETURN_NOT_OK(Consume(header, nullptr));
    schema = decoder_->schema();
  }
  ARROW_RETURN_NOT_OK(ValidateSchema(*schema));
  schema_ = std::move(schema);
  if (is_plain) LatelySeen().Keep(std::string_view(*header), schema_);
  return Status::OK();
}

QueueState MessageDecoder::AskForMemory(const arrow::Buffer& header, const arrow::Buffer* body,
                                        IncomingMemory::Wake wake) {
  const int64_t bytes = BytesWanted(header, body);
  if (bytes == 0) return QueueState::kReady;
  // Nobody waits for what is refused anyway.
  if (bytes > options_.message_bytes_max) return QueueState::kClosed;
  return grant_.Ask(bytes, std::move(wake));
}

int64_t MessageDecoder::BytesWanted(const arrow::Buffer& header, const arrow::Buffer* body) {
  return body == nullptr ? 0 : UnpackedBytes(BytesOf(header), BytesOf(*body));
}

Status MessageDecoder::HaveMemory(const arrow::Buffer& header, const arrow::Buffer* body) {
  const int64_t bytes = BytesWanted(header, body);
  if (bytes == 0) return Status::OK();
  if (bytes > options_.message_bytes_max) return OverMessageLimit(options_.message_bytes_max);
  return grant_.AskNow(bytes);
}

Status MessageDecoder::Take(const std::shared_ptr<arrow::Buffer>& header,
                            const std::shared_ptr<arrow::Buffer>& body) {
  Status taken = HaveMemory(*header, body.get());
  if (taken.ok()) taken = Decode(header, body);
  grant_.GiveBack();
  return taken;
}

Status MessageDecoder::Decode(const std::shared_ptr<arrow::Buffer>& header,
                              const std::shared_ptr<arrow::Buffer>& body) {
  AllocationBudget budget(options_.message_bytes_max, &grant_);
  if (!decoder_.has_value()) return budget.Explain(ReadBatch(header, body));
  ARROW_ASSIGN_OR_RAISE(const IpcMessage message,
                        ReadIpcMessage(BytesOf(*header), options_.message_bytes_max));
  const bool is_dictionary = message.kind == IpcMessageKind::kDictionary;
  if (is_dictionary) ARROW_RETURN_NOT_OK(ledger_.Add(message, message.body_bytes));
  ARROW_RETURN_NOT_OK(budget.Explain(Consume(header, body)));
  return is_dictionary ? ledger_.Grow(message, budget.bytes_used()) : Status::OK();
}

Status MessageDecoder::Consume(const std::shared_ptr<arrow::Buffer>& header,
                               const std::shared_ptr<arrow::Buffer>& body) {
  // What stands before each header in a stream. Given as raw bytes, it is looked at and not kept.
  const std::array<int32_t, 2> prefix = {kIpcContinuation, static_cast<int32_t>(header->size())};
  ARROW_RETURN_NOT_OK(
      decoder_->Consume(reinterpret_cast<const uint8_t*>(prefix.data()), sizeof(prefix)));
  ARROW_RETURN_NOT_OK(decoder_->Consume(header));
  if (body == nullptr) return Status::OK();
  if (decoder_->next_required_size() != body->size()) return ReadInTwoWays();
  return decoder_->Consume(body);
}

Status MessageDecoder::ReadBatch(const std::shared_ptr<arrow::Buffer>& header,
                                 std::shared_ptr<arrow::Buffer> body) {
  static const arrow::ipc::IpcReadOptions kOptions = ReadOptions();
  static const arrow::ipc::DictionaryMemo kNoDictionaries;
  if (body == nullptr) body = std::make_shared<arrow::Buffer>(nullptr, 0);
  const int64_t body_bytes = body->size();
  ARROW_ASSIGN_OR_RAISE(const auto message, arrow::ipc::Message::Open(header, std::move(body)));
  if (message->type() == arrow::ipc::MessageType::DICTIONARY_BATCH) {
    return MakeError(ErrorKind::kInvalidInput,
                     "there is a dictionary, but no column of the schema has one");
  }
  if (message->body_length() != body_bytes) return ReadInTwoWays();
  ARROW_ASSIGN_OR_RAISE(auto batch,
                        arrow::ipc::ReadRecordBatch(*message, schema_, &kNoDictionaries, kOptions));
  return collector_->OnRecordBatchDecoded(std::move(batch));
}

std::shared_ptr<arrow::RecordBatch> MessageDecoder::TakeBatch() { return collector_->Take(); }

int64_t MessageDecoder::batches_decoded() const { return collector_->batches_decoded(); }

}  // namespace arrowport::stream
