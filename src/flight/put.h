#pragma once

#include <cstdint>
#include <string>

#include <arrow/flight/server.h>

#include "base/error.h"
#include "base/limits.h"
#include "flight/batch_receiver.h"
#include "flight/running_calls.h"
#include "service/put.h"
#include "service/service.h"

namespace arrowport::flight {

struct PutLimits {
  int64_t message_bytes_max = kGiB;    ///< Of one batch.
  int64_t small_put_bytes_max = kMiB;  ///< As in service::IngestOptions.
};

/// Both ways of a DoPut.
struct PutStreams {
  arrow::flight::FlightMessageReader& reader;
  arrow::flight::FlightMetadataWriter& writer;
};

/// Takes all that the client of a DoPut sends into one put, blocking until it is durable or rolled
/// back. The thread is the pump: it reads no further while the put has no room. Where the
/// descriptor says that it is to be committed in parts, PutSession (put_session.h) does that.
///
/// A client ends its put by finishing to write. One that goes away rolls it back, and so does a
/// message without data whose metadata is {"abort": "reason"}, for clients whose library has no
/// cancel for uploads. Other messages without data are skipped.
/// \return the answer to the client, as JSON: see service::PutAnswer.
Result<std::string> ReceivePut(RunningCall& call, service::Service& service,
                               const PutStreams& streams, const PutLimits& limits);

/// The same for rows that are one put, whose schema has come: `batches` are its rows.
Result<service::PutSummary> LandRows(RunningCall& call, service::Service& service,
                                     const service::PutRequest& request, BatchReceiver& batches);

}  // namespace arrowport::flight
