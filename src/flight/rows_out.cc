#include "flight/rows_out.h"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <arrow/record_batch.h>

#include "base/bounded_queue.h"
#include "base/error.h"
#include "engine/result_stream.h"
#include "flight/flight_call.h"
#include "flight/flight_data.h"
#include "net/socket.h"
#include "rpc/stream.h"
#include "stream/batch_encoder.h"
#include "stream/message_encoder.h"

namespace arrowport::flight {
namespace {

/// One run of SendRows.
class Sender {
 public:
  Sender(FlightCall& call, engine::ResultStream& rows, stream::Compression compression)
      : call_(call), rows_(rows), compression_(compression) {}

  net::Awaitable<Status> Run() {
    Status begun = Begin();
    if (!begun.ok()) co_return begun;
    for (;;) {
      std::shared_ptr<arrow::RecordBatch> batch;
      const QueueState state = rows_.Poll(&batch, call_.Waker());
      is_over_ = state == QueueState::kClosed;
      if (is_over_) co_return rows_.status();
      Status next;
      if (state == QueueState::kWait) {
        next = co_await call_.Wait();
      } else {
        next = co_await Send(batch);
      }
      if (!next.ok()) co_return next;
    }
  }

  /// Whether the query has ended by itself, well or not.
  [[nodiscard]] bool is_over() const { return is_over_; }

 private:
  Status Begin() {
    ARROW_ASSIGN_OR_RAISE(encoder_, stream::MessageEncoder::Make(compression_, rows_.schema()));
    ARROW_ASSIGN_OR_RAISE(stream::EncodedMessage schema, encoder_->EncodeSchema());
    call_.wire().Send(WriteFlightData(std::move(schema)));
    return Status::OK();
  }

  net::Awaitable<Status> Send(const std::shared_ptr<arrow::RecordBatch>& batch) {
    const auto encode = [this, &batch] { return encoder_->Encode(*batch); };
    if (compression_ == stream::Compression::kNone) {
      messages_ = encode();
    } else {
      messages_ = co_await call_.Aside(encode);
    }
    if (!messages_.ok()) co_return messages_.status();
    for (auto& message : *messages_) {
      Status sent = co_await call_.wire().Write(WriteFlightData(std::move(message)));
      if (!sent.ok()) co_return sent;
    }
    call_.metrics().RowsSent(batch->num_rows());
    co_return Status::OK();
  }

  FlightCall& call_;
  engine::ResultStream& rows_;
  const stream::Compression compression_;
  bool is_over_ = false;
  std::unique_ptr<stream::MessageEncoder> encoder_;
  Result<std::vector<stream::EncodedMessage>> messages_ = std::vector<stream::EncodedMessage>();
};

}  // namespace

Result<stream::Compression> CompressionOf(const rpc::Request& request) {
  const std::string_view wish = request.Header(kCompressionHeader);
  for (const auto compression :
       {stream::Compression::kNone, stream::Compression::kZstd, stream::Compression::kLz4}) {
    if (wish == stream::NameOf(compression)) return compression;
  }
  if (wish.empty()) return stream::Compression::kNone;
  return MakeError(ErrorKind::kInvalidInput, "the compression '" + std::string(wish) +
                                                 "' of the header " + kCompressionHeader +
                                                 " is not known; there are: none, zstd, lz4");
}

net::Awaitable<Status> SendRows(FlightCall& call, std::shared_ptr<engine::ResultStream> rows,
                                stream::Compression compression) {
  Sender sender(call, *rows, compression);
  const Status sent = co_await sender.Run();
  // On the connection of a session a statement that is over must not be interrupted: the next one
  // would be.
  if (!sent.ok() && !sender.is_over()) {
    (void)co_await call.Blocking([&rows, &sent] {
      rows->Cancel(sent);
      return Status::OK();
    });
  }
  co_return sent;
}

}  // namespace arrowport::flight
