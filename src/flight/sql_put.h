#pragma once

#include <string>

#include "base/error.h"
#include "flight/batches_in.h"
#include "flight/flight_call.h"
#include "flight/sql_messages.h"
#include "net/socket.h"

namespace arrowport::flight {

/// Receives a DoPut whose `command` is of Flight SQL: a statement that changes rows, or values for
/// the parameters of a prepared one.
/// \return the metadata to answer with. kNotImplemented for a command that takes no rows.
net::Awaitable<Result<std::string>> ReceiveSqlPut(FlightCall& call, const PackedMessage& command,
                                                  BatchesIn& batches);

}  // namespace arrowport::flight
