#pragma once

#include <memory>
#include <string>
#include <vector>

#include <arrow/flight/types.h>

#include "base/error.h"
#include "flight/flight_call.h"
#include "net/socket.h"

namespace arrowport::flight {

// The methods of Flight as the service's verbs; methods.cc says which is asked by which name.
// Commands of Flight SQL come through the same methods, packed in protobuf's Any (sql_messages.h).

// In put.cc, get.cc, exchange.cc and handshake.cc. These read and write as they go.
net::Awaitable<Status> DoPut(FlightCall& call);
net::Awaitable<Status> DoGet(FlightCall& call);
net::Awaitable<Status> DoExchange(FlightCall& call);
net::Awaitable<Status> Handshake(FlightCall& call);

// In flight_info.cc and actions.cc. These take one message and answer with one, or with some; they
// may block, and run on a thread for that.
Result<std::unique_ptr<arrow::flight::FlightInfo>> GetFlightInfo(
    FlightCall& call, const arrow::flight::FlightDescriptor& descriptor);
Result<std::unique_ptr<arrow::flight::PollInfo>> PollFlightInfo(
    FlightCall& call, const arrow::flight::FlightDescriptor& descriptor);
Result<std::unique_ptr<arrow::flight::SchemaResult>> GetSchema(
    FlightCall& call, const arrow::flight::FlightDescriptor& descriptor);
Result<std::vector<arrow::flight::FlightInfo>> ListFlights(FlightCall& call,
                                                           const arrow::flight::Criteria& criteria);
Result<std::vector<arrow::flight::Result>> DoAction(FlightCall& call,
                                                    const arrow::flight::Action& action);
/// All that DoAction knows.
std::vector<arrow::flight::ActionType> KnownActions();

}  // namespace arrowport::flight
