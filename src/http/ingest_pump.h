#pragma once

#include <memory>
#include <string>

#include "base/error.h"
#include "http/exchange.h"
#include "http/socket.h"
#include "service/service.h"

namespace arrowport::http {

/// Lands the body of `exchange`, an Arrow IPC stream, in `stream`.
///
/// The socket is read into the memory that the batches keep, and only as fast as the put takes
/// them. On any failure, the client's leaving included, the put is rolled back when this returns.
/// \return what the put did, once it is durable.
Awaitable<Result<service::PutSummary>> PumpIngest(Exchange& exchange, std::string stream);

}  // namespace arrowport::http
