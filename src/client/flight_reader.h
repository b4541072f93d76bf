#pragma once

#include <memory>
#include <stop_token>

#include <arrow/flight/client.h>
#include <arrow/record_batch.h>

#include "base/error.h"
#include "client/flight_connection.h"

namespace arrowport::client {

/// The rows of a DoGet or DoExchange, read as they are asked for. Destroying it before the end
/// cancels the call.
class FlightReader final : public arrow::RecordBatchReader {
 public:
  /// Once `stop` is requested, from whatever thread, the call ends with kCancelled.
  FlightReader(std::shared_ptr<FlightConnection> connection,
               std::unique_ptr<arrow::flight::FlightStreamReader> reader,
               const std::stop_token& stop);
  ~FlightReader() override;
  FlightReader(const FlightReader&) = delete;
  FlightReader& operator=(const FlightReader&) = delete;

  /// Waits for the schema; before anything else.
  Status ReadSchema();

  /// Ends the call, in whatever thread it waits.
  void Cancel();

  [[nodiscard]] std::shared_ptr<arrow::Schema> schema() const override { return schema_; }
  Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override;

 private:
  struct CancelCall {
    arrow::flight::FlightStreamReader* reader;
    void operator()() const { reader->Cancel(); }
  };

  [[nodiscard]] Status Explain(const Status& status) const;

  const std::shared_ptr<FlightConnection> connection_;
  const std::unique_ptr<arrow::flight::FlightStreamReader> reader_;
  const std::stop_token stop_;
  const std::stop_callback<CancelCall> cancel_;
  std::shared_ptr<arrow::Schema> schema_;
  bool ended_ = false;
  Status failure_;
};

}  // namespace arrowport::client
