#pragma once

#include <memory>

#include <arrow/buffer.h>
#include <arrow/flight/types.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/error.h"
#include "flight/flight_call.h"
#include "flight/flight_data.h"
#include "net/socket.h"
#include "stream/ipc_messages.h"

namespace arrowport::flight {

/// What the client of a DoPut or DoExchange sends: a descriptor, the schema and batches, each
/// within the bound and valid in full, by the decoder that HTTP's bodies have.
///
/// A client ends them by finishing to write. One that goes away is kCancelled, and so is a message
/// without data whose metadata is {"abort": "reason"}, for clients whose library has no cancel for
/// uploads. Other messages without data are skipped, and empty ones.
class BatchesIn {
 public:
  /// Of a call whose first message is there. \return kInvalidInput when that is none of FlightData.
  static Result<BatchesIn> Open(FlightCall& call);

  /// What the first message asks for; empty where it says nothing.
  [[nodiscard]] const arrow::flight::FlightDescriptor& descriptor() const {
    return *first_.descriptor;
  }

  /// Waits for the schema.
  net::Awaitable<Result<std::shared_ptr<arrow::Schema>>> ReadSchema();

  /// Waits for the next batch; null at the end.
  net::Awaitable<Result<std::shared_ptr<arrow::RecordBatch>>> Next();

  /// What a client sent at once: a batch, metadata, or both; neither at the end.
  struct Item {
    std::shared_ptr<arrow::RecordBatch> batch;
    std::shared_ptr<arrow::Buffer> metadata;
  };

  /// Waits for the next one.
  net::Awaitable<Result<Item>> NextItem();

  /// Whether the client may be silent as long as it likes. At first it may not.
  void SetMayBeSilent(bool may) { call_->wire().SetMayBeSilent(may); }

 private:
  BatchesIn(FlightCall& call, FlightData first);

  net::Awaitable<Result<FlightData>> Receive();
  net::Awaitable<Status> Decode(const FlightData& data);
  [[nodiscard]] Status Explain(const Status& status) const;

  FlightCall* call_;
  FlightData first_;
  bool has_first_ = true;  // It was not looked into yet.
  bool at_end_ = false;
  std::unique_ptr<stream::IpcMessages> messages_;
};

}  // namespace arrowport::flight
