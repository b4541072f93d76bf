#pragma once

#include <arrow/flight/client.h>
#include <arrow/record_batch.h>

#include "base/error.h"
#include "client/client.h"
#include "client/flight_connection.h"

namespace arrowport::client {

/// Sends `batches`, cut as Client::Put says, and does not end the call. A failure of `batches` is
/// told to the server, which then gives up what it was sent. On any failure `writer` is closed.
Status SendBatches(const FlightConnection& connection, arrow::flight::FlightStreamWriter& writer,
                   arrow::RecordBatchReader& batches, const PutProgress& progress);

/// Ends `put`, of which all was sent. \return what the server says that it did.
Result<PutAnswer> FinishPut(const FlightConnection& connection,
                            const arrow::flight::FlightClient::DoPutResult& put);

}  // namespace arrowport::client
