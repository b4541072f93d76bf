#pragma once

#include <cstdint>

#include <arrow/flight/server.h>
#include <arrow/ipc/options.h>

#include "base/error.h"
#include "flight/running_calls.h"
#include "observe/metrics.h"
#include "service/service.h"

namespace arrowport::flight {

/// The two directions of a DoExchange.
struct ExchangeStreams {
  arrow::flight::FlightMessageReader& reader;
  arrow::flight::FlightMessageWriter& writer;
  int64_t message_bytes_max;               ///< Of one incoming batch.
  arrow::ipc::IpcWriteOptions written_as;  ///< Of those that go back.
};

/// Serves one DoExchange: the statement of its descriptor over what the client sends, with rows on
/// their way back meanwhile. A statement that reads no input is answered without waiting for any.
///
/// The call's thread reads, another one writes. A client may send everything before it reads: see
/// service/spilling_exchange.h.
Status RunExchange(RunningCall& call, service::Service& service, observe::Metrics& metrics,
                   const ExchangeStreams& streams);

}  // namespace arrowport::flight
