#pragma once

#include <memory>

#include "base/error.h"
#include "http/answer.h"
#include "http/exchange.h"
#include "http/socket.h"
#include "service/service.h"
#include "stream/batch_encoder.h"

namespace arrowport::http {

/// Answers `exchange` with the rows of `result` in `form`, batch by batch as they come.
///
/// `fields` are said of the answer besides those of its form. The status line goes out when the
/// first batch or the end is there, so that a failure before has its own. HEAD is answered with it
/// alone, and the query is given up. On a failure the query is cancelled, and it is over when this
/// returns.
Awaitable<Status> PumpResult(Exchange& exchange, std::shared_ptr<engine::ResultStream> result,
                             const stream::EncodeOptions& form, const HeaderFields& fields = {});

}  // namespace arrowport::http
