#pragma once

#include <memory>
#include <string_view>

#include "flight/context.h"
#include "net/socket.h"
#include "rpc/call.h"

namespace arrowport::flight {

/// Flight's service of gRPC.
inline constexpr std::string_view kFlightService = "arrow.flight.protocol.FlightService";

/// Serves one call of a client to its end, by the table of methods: Flight's, and the check of
/// gRPC's health service. Another one is told that there is none.
net::Awaitable<void> ServeCall(Context& context, std::shared_ptr<rpc::Call> wire);

}  // namespace arrowport::flight
