#pragma once

#include "base/error.h"
#include "http/exchange.h"
#include "http/query_request.h"
#include "http/socket.h"

namespace arrowport::http {

/// Reads the statement that the body of `exchange`'s request is: SQL, or JSON that has it.
/// \return kUnsupportedMedia for a body of another form, or one that is coded; kTooLarge beyond
/// `sql_bytes_max`; what ReadQueryRequest refuses.
Awaitable<Result<QueryRequest>> ReadQueryBody(Exchange& exchange);

}  // namespace arrowport::http
