#pragma once

#include <memory>

#include <arrow/flight/server.h>
#include <arrow/ipc/options.h>

#include "flight/running_calls.h"
#include "observe/metrics.h"
#include "service/service.h"

namespace arrowport::flight {

/// `rows` as the stream that Flight sends to the client of `call`: a batch is taken from the query
/// when the one before it was written, in the form of `options`; compression is done in parallel,
/// on Arrow's own threads. Before it waits for the query it has sent what there is. Destroying it
/// before the end cancels the query.
std::unique_ptr<arrow::flight::FlightDataStream> MakeDataStream(
    RunningCall& call, std::shared_ptr<engine::ResultStream> rows, observe::Metrics& metrics,
    const arrow::ipc::IpcWriteOptions& options);

}  // namespace arrowport::flight
