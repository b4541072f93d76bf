#pragma once

#include <memory>
#include <utility>

#include <arrow/record_batch.h>

#include "base/error.h"
#include "flight/batches_in.h"
#include "flight/flight_call.h"
#include "net/socket.h"
#include "service/put.h"

namespace arrowport::flight {

/// A put that is under way, for coroutines: service::Put, whose waits end with the call.
class OpenPut {
 public:
  /// Begins a put, and waits until there is memory for its first rows.
  static net::Awaitable<Result<OpenPut>> Begin(FlightCall& call,
                                               const service::PutRequest& request);

  /// Waits while the put has no room. After a failure, which has rolled it back, it is over.
  net::Awaitable<Status> Write(std::shared_ptr<arrow::RecordBatch> batch);

  /// Rolls back.
  net::Awaitable<void> Abort(Status reason);

  /// Commits, and waits until that is durable. A client that leaves now is too late.
  net::Awaitable<Result<service::PutSummary>> Finish();

  [[nodiscard]] const std::shared_ptr<service::Put>& put() const { return put_; }

 private:
  OpenPut(FlightCall& call, std::shared_ptr<service::Put> put)
      : call_(&call), put_(std::move(put)) {}

  net::Awaitable<Status> WaitForRoom();
  net::Awaitable<Status> WhyClosed();

  FlightCall* call_;
  std::shared_ptr<service::Put> put_;
};

/// Lands the rows of a put whose schema has come: `batches` are its rows, all of them one put.
net::Awaitable<Result<service::PutSummary>> LandRows(FlightCall& call,
                                                     const service::PutRequest& request,
                                                     BatchesIn& batches);

}  // namespace arrowport::flight
