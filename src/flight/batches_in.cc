#include "flight/batches_in.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <arrow/buffer.h>
#include <nlohmann/json.hpp>

#include "base/bounded_queue.h"
#include "base/error.h"
#include "base/limits.h"
#include "flight/flight_call.h"
#include "flight/flight_data.h"
#include "net/socket.h"
#include "stream/ipc_messages.h"

namespace arrowport::flight {
namespace {

using Json = nlohmann::json;

// A message of so many bytes takes longer to decode than another thread to wake.
constexpr int64_t kAsideBytes = 128 * kKiB;

// A message without data: the end of the stream if it says so.
Status ReadNote(const arrow::Buffer& note) {
  const Json json = Json::parse(std::string_view(note), nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("abort")) return Status::OK();
  const Json& reason = json["abort"];
  return MakeError(ErrorKind::kCancelled,
                   "the client gave up its stream" +
                       (reason.is_string() ? ": " + reason.get<std::string>() : std::string()));
}

}  // namespace

Result<BatchesIn> BatchesIn::Open(FlightCall& call) {
  if (call.first_message() == nullptr) {
    return MakeError(ErrorKind::kInvalidInput, "the call ended before it had a message");
  }
  ARROW_ASSIGN_OR_RAISE(FlightData first, ReadFlightData(call.first_message()));
  if (!first.descriptor) first.descriptor.emplace();
  return BatchesIn(call, std::move(first));
}

BatchesIn::BatchesIn(FlightCall& call, FlightData first)
    : call_(&call),
      first_(std::move(first)),
      messages_(std::make_unique<stream::IpcMessages>(
          stream::IpcMessagesOptions{.message_bytes_max = call.options().message_bytes_max})) {}

// The next message; one without anything is the end.
net::Awaitable<Result<FlightData>> BatchesIn::Receive() {
  if (std::exchange(has_first_, false) && (first_.header != nullptr || first_.app_metadata)) {
    co_return std::move(first_);
  }
  for (;;) {
    const auto message = co_await call_->wire().Read();
    if (!message.ok()) co_return message.status();
    if (*message == nullptr) co_return FlightData{};
    auto data = ReadFlightData(*message);
    if (!data.ok() || data->header != nullptr || data->app_metadata != nullptr) co_return data;
  }
}

net::Awaitable<Status> BatchesIn::Decode(const FlightData& data) {
  const Result<int64_t> body_bytes = messages_->TakeHeader(data.header);
  if (!body_bytes.ok()) co_return Explain(body_bytes.status());
  const int64_t bytes = data.body == nullptr ? 0 : data.body->size();
  if (*body_bytes != bytes) {
    co_return Explain(
        MakeError(ErrorKind::kInvalidInput, "the header of a message announces a body of " +
                                                std::to_string(*body_bytes) +
                                                " bytes, and there are " + std::to_string(bytes)));
  }
  if (bytes == 0) co_return Status::OK();
  while (messages_->AskForMemory(*data.body, call_->InputWaker()) == QueueState::kWait) {
    const Status waited = co_await call_->WaitWithInput();
    if (!waited.ok()) co_return waited;
  }
  const auto decode = [this, &data] { return messages_->TakeBody(data.body); };
  if (std::max(bytes, messages_->BytesWanted(*data.body)) < kAsideBytes) {
    co_return Explain(decode());
  }
  co_return Explain(co_await call_->Aside(decode));
}

Status BatchesIn::Explain(const Status& status) const {
  if (messages_->schema() == nullptr) return WithContext("the stream's schema", status);
  return WithContext("batch " + std::to_string(messages_->batches_decoded()), status);
}

net::Awaitable<Result<std::shared_ptr<arrow::Schema>>> BatchesIn::ReadSchema() {
  while (messages_->schema() == nullptr) {
    const Result<FlightData> data = co_await Receive();
    if (!data.ok()) co_return data.status();
    if (data->header != nullptr) {
      const Status decoded = co_await Decode(*data);
      if (!decoded.ok()) co_return decoded;
    } else if (data->app_metadata != nullptr) {
      const Status note = ReadNote(*data->app_metadata);
      if (!note.ok()) co_return note;
    } else {
      co_return Explain(MakeError(ErrorKind::kInvalidInput, "the stream ends before its schema"));
    }
  }
  co_return messages_->schema();
}

net::Awaitable<Result<BatchesIn::Item>> BatchesIn::NextItem() {
  for (;;) {
    const Result<FlightData> data = co_await Receive();
    if (!data.ok()) co_return data.status();
    if (data->header == nullptr) {
      const Status note =
          data->app_metadata == nullptr ? Status::OK() : ReadNote(*data->app_metadata);
      if (!note.ok()) co_return note;
      co_return Item{.batch = nullptr, .metadata = data->app_metadata};
    }
    const Status decoded = co_await Decode(*data);
    if (!decoded.ok()) co_return decoded;
    // There is none of a dictionary.
    auto batch = messages_->TakeBatch();
    if (batch != nullptr) co_return Item{.batch = std::move(batch), .metadata = data->app_metadata};
  }
}

net::Awaitable<Result<std::shared_ptr<arrow::RecordBatch>>> BatchesIn::Next() {
  for (;;) {
    Result<Item> item = co_await NextItem();
    if (!item.ok()) co_return item.status();
    const bool is_note = item->batch == nullptr && item->metadata != nullptr;
    if (!is_note) co_return std::move(item->batch);
  }
}

}  // namespace arrowport::flight
