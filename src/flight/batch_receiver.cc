#include "flight/batch_receiver.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <arrow/util/align_util.h>
#include <nlohmann/json.hpp>

#include "base/batch_bytes.h"
#include "base/error.h"
#include "flight/running_calls.h"
#include "stream/validate.h"

namespace arrowport::flight {
namespace {

using arrow::flight::FlightMessageReader;
using arrow::flight::FlightStreamChunk;
using Json = nlohmann::json;

// Runs `read`, in which the library waits for the client's next message.
template <typename Read>
auto WaitForClient(RunningCall& call, Read read) {
  call.BeginWaitingForClient();
  auto result = read();
  call.EndWaitingForClient();
  return result;
}

// Of what DuckDB and Arrow read at once: numbers of 128 bits are read as two halves.
constexpr int64_t kValueBytesMax = 8;

constexpr char kGone[] = "the client went away in the middle of its stream";

// The library says of broken bytes that they are an I/O or a memory error, as it happens.
Status ExplainUnreadable(const RunningCall& call, std::string_view what, const Status& status) {
  if (status.ok()) return status;
  ARROW_RETURN_NOT_OK(call.ReadFailure(kGone));
  return WithContext(what, WithKind(ErrorKind::kInvalidInput, status));
}

// A message without data: the end of the stream if it says so.
Status ReadNote(const arrow::Buffer& note) {
  const Json json = Json::parse(std::string_view(note), nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("abort")) return Status::OK();
  const Json& reason = json["abort"];
  return MakeError(ErrorKind::kCancelled,
                   "the client gave up its stream" +
                       (reason.is_string() ? ": " + reason.get<std::string>() : std::string()));
}

Status CheckBatch(const arrow::RecordBatch& batch, int64_t index, int64_t bytes_max) {
  const int64_t bytes = BytesOf(batch);
  if (bytes > bytes_max) {
    return MakeError(ErrorKind::kTooLarge, "batch " + std::to_string(index) + " has " +
                                               std::to_string(bytes) + " bytes, the limit is " +
                                               std::to_string(bytes_max) +
                                               " (flight.message_bytes_max); send smaller batches");
  }
  return stream::ValidateBatch(batch, index);
}

}  // namespace

Result<std::shared_ptr<arrow::Schema>> ReceiveSchema(RunningCall& call,
                                                     FlightMessageReader& reader) {
  auto schema = WaitForClient(call, [&] { return reader.GetSchema(); });
  ARROW_RETURN_NOT_OK(ExplainUnreadable(call, "the stream's schema", schema.status()));
  ARROW_RETURN_NOT_OK(stream::ValidateSchema(**schema));
  return schema;
}

// The next message, or nothing at the end of the stream.
Result<std::optional<FlightStreamChunk>> BatchReceiver::Receive() {
  const auto next = [this] { return reader_.Next(); };
  auto chunk = may_be_silent_ ? next() : WaitForClient(call_, next);
  ARROW_RETURN_NOT_OK(ExplainUnreadable(call_, "batch " + std::to_string(index_), chunk.status()));
  if (chunk->data != nullptr || chunk->app_metadata != nullptr) return std::move(*chunk);
  ARROW_RETURN_NOT_OK(call_.ReadFailure(kGone));
  return std::nullopt;
}

Result<BatchReceiver::Message> BatchReceiver::NextMessage() {
  ARROW_ASSIGN_OR_RAISE(auto chunk, Receive());
  if (!chunk) return Message{};
  Message message{.batch = nullptr, .metadata = chunk->app_metadata};
  if (chunk->data == nullptr) {
    ARROW_RETURN_NOT_OK(ReadNote(*chunk->app_metadata));
    return message;
  }
  // The body lies at a boundary where that could be seen in time, and what a client has put into it
  // may lie anywhere: numbers across their natural boundaries.
  // By the types alone Arrow would forget the offsets of list views.
  ARROW_ASSIGN_OR_RAISE(message.batch,
                        arrow::util::EnsureAlignment(std::move(chunk->data), kValueBytesMax,
                                                     arrow::default_memory_pool()));
  ARROW_RETURN_NOT_OK(CheckBatch(*message.batch, index_++, bytes_max_));
  return message;
}

Result<std::shared_ptr<arrow::RecordBatch>> BatchReceiver::Next() {
  for (;;) {
    ARROW_ASSIGN_OR_RAISE(Message message, NextMessage());
    const bool is_note = message.batch == nullptr && message.metadata != nullptr;
    if (!is_note) return std::move(message.batch);
  }
}

}  // namespace arrowport::flight
