#pragma once

#include <string>

#include "base/error.h"
#include "http/exchange.h"
#include "http/socket.h"
#include "service/service.h"
#include "stream/batch_encoder.h"

namespace arrowport::http {

/// A statement over the body of its request.
struct TwoWayRequest {
  engine::Statement statement;
  engine::ExchangeOptions options;
  stream::EncodeOptions form;  ///< Of the rows that go back.
};

/// Answers `exchange` with the rows that the statement makes of its body, an Arrow IPC stream,
/// while that still arrives.
///
/// Two coroutines of the connection do it: one reads the body into the statement, as fast as that
/// takes it, and one is PumpResult. The first failure of either ends both; an answer that has begun
/// is then broken off. Where the statement needs no more, the rest of the body is read and dropped,
/// so that its client comes to its end.
Awaitable<Status> PumpBothWays(Exchange& exchange, const TwoWayRequest& request);

}  // namespace arrowport::http
