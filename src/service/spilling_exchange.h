#pragma once

#include <memory>

#include "engine/exchange.h"
#include "service/spill_space.h"

namespace arrowport::service {

/// `inner` for clients that send everything before they read anything: when its input has no room
/// and nobody takes its rows for `limits::kSpillPatience`, further batches wait on disk, in order,
/// until there is room again. A client that reads is held back as ever.
///
/// When `space` is full the input waits for room, and when the client still takes nothing for its
/// `full_patience` the statement ends with kTooLarge.
///
/// Wakes may come from threads of `space`. Write, EndInput and Abort as of engine::Exchange.
std::shared_ptr<engine::Exchange> MakeSpillingExchange(std::shared_ptr<engine::Exchange> inner,
                                                       std::shared_ptr<SpillSpace> space);

}  // namespace arrowport::service
