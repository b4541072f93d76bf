#pragma once

#include <memory>
#include <string_view>

#include <arrow/type.h>

#include "base/error.h"
#include "client/client.h"
#include "client/flight_connection.h"

namespace arrowport::client {

/// Client::BeginPut over Flight.
Result<std::unique_ptr<OpenPut>> OpenFlightPut(std::shared_ptr<FlightConnection> connection,
                                               std::string_view stream,
                                               const std::shared_ptr<arrow::Schema>& schema);

}  // namespace arrowport::client
