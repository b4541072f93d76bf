#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include <arrow/buffer.h>
#include <arrow/flight/server.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/error.h"
#include "flight/running_calls.h"

namespace arrowport::flight {

/// The schema of what a client sends, checked. Waits for it.
Result<std::shared_ptr<arrow::Schema>> ReceiveSchema(RunningCall& call,
                                                     arrow::flight::FlightMessageReader& reader);

/// The batches that a client sends, each aligned, within the bound and valid in full.
///
/// A client ends them by finishing to write. One that goes away is kCancelled, and so is a message
/// without data whose metadata is {"abort": "reason"}, for clients whose library has no cancel for
/// uploads. Other messages without data are skipped.
class BatchReceiver {
 public:
  /// All references must outlive the receiver. `bytes_max` is of one batch.
  BatchReceiver(RunningCall& call, arrow::flight::FlightMessageReader& reader, int64_t bytes_max)
      : call_(call), reader_(reader), bytes_max_(bytes_max) {}

  /// Waits for the next batch; null at the end.
  Result<std::shared_ptr<arrow::RecordBatch>> Next();

  /// What a client sent at once: a batch, metadata, or both; neither at the end.
  struct Message {
    std::shared_ptr<arrow::RecordBatch> batch;
    std::shared_ptr<arrow::Buffer> metadata;
  };

  /// Waits for the next message.
  Result<Message> NextMessage();

  /// Whether the client may be silent as long as it likes. At first it may not.
  void SetMayBeSilent(bool may) { may_be_silent_ = may; }

 private:
  Result<std::optional<arrow::flight::FlightStreamChunk>> Receive();

  RunningCall& call_;
  arrow::flight::FlightMessageReader& reader_;
  const int64_t bytes_max_;
  int64_t index_ = 0;
  bool may_be_silent_ = false;
};

}  // namespace arrowport::flight
