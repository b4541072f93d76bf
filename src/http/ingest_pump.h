#pragma once

#include "base/error.h"
#include "http/exchange.h"
#include "http/incoming_rows.h"
#include "http/socket.h"
#include "service/service.h"

namespace arrowport::http {

/// Lands `rows`, which come with the body of `exchange`, as `request` says; its schema is theirs.
///
/// `request` and `rows` are kept by reference. Rows are read only as fast as the put takes them. On
/// any failure, the client's leaving included, the put is rolled back when this returns.
/// \return what the put did, once it is durable.
Awaitable<Result<service::PutSummary>> PumpIngest(Exchange& exchange,
                                                  const service::PutRequest& request,
                                                  IncomingRows& rows);

}  // namespace arrowport::http
