#pragma once

#include <memory>
#include <string_view>

#include <arrow/record_batch.h>

#include "base/error.h"
#include "client/flight_connection.h"

namespace arrowport::client {

/// Client::Exchange over Flight.
Result<std::shared_ptr<arrow::RecordBatchReader>> OpenExchange(
    std::shared_ptr<FlightConnection> connection, std::string_view command,
    std::shared_ptr<arrow::RecordBatchReader> batches);

}  // namespace arrowport::client
