#include "client/flight_reader.h"

#include <memory>
#include <stop_token>
#include <utility>

#include <arrow/flight/client.h>
#include <arrow/record_batch.h>

#include "base/error.h"
#include "client/flight_connection.h"

namespace arrowport::client {

FlightReader::FlightReader(std::shared_ptr<FlightConnection> connection,
                           std::unique_ptr<arrow::flight::FlightStreamReader> reader,
                           const std::stop_token& stop)
    : connection_(std::move(connection)),
      reader_(std::move(reader)),
      stop_(stop),
      cancel_(stop, CancelCall{reader_.get()}) {}

// Without it the library would read the rest of the answer first.
FlightReader::~FlightReader() {
  if (!ended_) reader_->Cancel();
}

Status FlightReader::ReadSchema() {
  auto schema = reader_->GetSchema();
  if (!schema.ok()) return Explain(schema.status());
  schema_ = std::move(*schema);
  return Status::OK();
}

void FlightReader::Cancel() { reader_->Cancel(); }

Status FlightReader::ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) {
  batch->reset();
  while (!ended_) {
    auto chunk = reader_->Next();
    if (!chunk.ok()) {
      // A failed reader stays failed: null would be a true end.
      ended_ = true;
      failure_ = Explain(chunk.status());
      break;
    }
    *batch = std::move(chunk->data);
    if (*batch != nullptr) return Status::OK();
    ended_ = chunk->app_metadata == nullptr;
  }
  return failure_;
}

Status FlightReader::Explain(const Status& status) const {
  Status explained = connection_->Explain(status);
  if (!stop_.stop_requested()) return explained;
  return MakeError(ErrorKind::kCancelled, connection_->url + ": cancelled");
}

}  // namespace arrowport::client
