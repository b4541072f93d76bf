#pragma once

#include "base/error.h"
#include "rpc/code.h"

namespace arrowport::flight {

/// `status` as gRPC sends it: with the code that Flight has for its kind, and in trailers all of
/// the status, for clients that are Arrow's, too.
rpc::Outcome OutcomeOf(const Status& status);

}  // namespace arrowport::flight
