#pragma once

#include <string>

#include <arrow/flight/server.h>

#include "base/error.h"
#include "flight/put.h"
#include "flight/running_calls.h"
#include "flight/sql_messages.h"
#include "service/service.h"

namespace arrowport::flight {

/// Receives a DoPut whose `command` is of Flight SQL: a statement that changes rows, or values for
/// the parameters of a prepared one.
/// \return the metadata to answer with. kNotImplemented for a command that takes no rows.
Result<std::string> ReceiveSqlPut(RunningCall& call, service::Service& service,
                                  const PackedMessage& command,
                                  arrow::flight::FlightMessageReader& reader,
                                  const PutLimits& limits);

}  // namespace arrowport::flight
