#pragma once

#include <cstdint>
#include <string>

#include <arrow/flight/server.h>

#include "base/error.h"
#include "flight/running_calls.h"
#include "service/service.h"

namespace arrowport::flight {

/// Takes all that the client of a DoPut sends into one put, blocking until it is durable or rolled
/// back. The thread is the pump: it reads no further while the put has no room.
///
/// A client ends its put by finishing to write. One that goes away rolls it back, and so does a
/// message without data whose metadata is {"abort": "reason"}, for clients whose library has no
/// cancel for uploads. Other messages without data are skipped.
Result<service::PutSummary> ReceivePut(RunningCall& call, service::Service& service,
                                       arrow::flight::FlightMessageReader& reader,
                                       int64_t message_bytes_max);

/// The answer to a put, as JSON: see service::PutAnswer.
std::string PutAnswerJson(const service::PutSummary& summary);

}  // namespace arrowport::flight
